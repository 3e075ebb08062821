#!/usr/bin/env python3
"""Writes src/functions/normalize_phone/countries.txt from the metadata of libphonenumber.

    pip install phonenumbers && tests/tools/generate_phone_countries.py
"""

from pathlib import Path

import phonenumbers
from phonenumbers import PhoneMetadata

HEAD = f"""\
# How telephone numbers are written in each country: ISO 3166-1 code, calling code, digits before a
# number within the country (- for none), digits before one abroad, lengths of the numbers of
# people and premises.
#
# Derived by tests/tools/generate_phone_countries.py from the metadata of libphonenumber
# {phonenumbers.__version__}, Copyright (C) The Libphonenumber Authors, Apache License 2.0.
"""


def plain(prefix):
    """The digits of a prefix, none where it is a choice between several."""
    return prefix if prefix and prefix.isdigit() else None


lines = []
for region in sorted(phonenumbers.SUPPORTED_REGIONS):
    country = PhoneMetadata.metadata_for_region(region)
    inside = plain(country.national_prefix) or "-"
    abroad = plain(country.preferred_international_prefix) or plain(country.international_prefix)
    kinds = (country.fixed_line, country.mobile, country.voip, country.personal_number)
    lengths = sorted({n for kind in kinds if kind for n in kind.possible_length if n > 0})
    is_main = len(phonenumbers.region_codes_for_country_code(country.country_code)) > 1 and (
        phonenumbers.region_code_for_country_code(country.country_code) == region
    )
    lines.append(
        f"{region} {country.country_code} {inside} {abroad or '00'} "
        f"{','.join(map(str, lengths))}{' main' if is_main else ''}\n"
    )
path = Path(__file__).parents[2] / "src/functions/normalize_phone/countries.txt"
path.parent.mkdir(exist_ok=True)
path.write_text(HEAD + "".join(lines))
