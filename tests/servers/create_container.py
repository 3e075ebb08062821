"""Creates a container on an Azurite server: create_container.py URL NAME.

Signs the request with Azurite's published development key, as described under "Authorize with
Shared Key" in the Azure Storage REST documentation.
"""

import base64
import datetime
import hashlib
import hmac
import sys
import urllib.request

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

url, name = sys.argv[1:]
date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
headers = {"x-ms-date": date, "x-ms-version": "2021-12-02"}
to_sign = "\n".join(
    ["PUT", *[""] * 11, *[f"{key}:{value}" for key, value in sorted(headers.items())]]
    # The account stands twice: in the path of the emulator's address, and by rule before it.
    + [f"/{ACCOUNT}/{ACCOUNT}/{name}", "restype:container"]
)
digest = hmac.new(base64.b64decode(KEY), to_sign.encode(), hashlib.sha256).digest()
headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
request = urllib.request.Request(
    f"{url}/{ACCOUNT}/{name}?restype=container", method="PUT", headers=headers, data=b""
)
request.add_header("Content-Length", "0")
request.add_header("Content-Type", "")
urllib.request.urlopen(request).read()
