"""A streaming service: memberships by month and by year (Stripe), what is watched (Segment's video events).

Members try, pay, pay late, pause, change plan, leave and come back; an invoice is written for every term.
What they watch stops somewhere, is rated, or is refused by parental control.
"""

from datetime import date, timedelta

from common import FIRST_NAMES, LAST_NAMES, World, add_months, instant, iso, utc

FIRST_DAY, LAST_DAY = date(2025, 1, 1), date(2026, 6, 30)
TRIAL = timedelta(days=14)
PLANS = {  # price in cents, months of a term
    "basic_monthly": (999, 1),
    "premium_monthly": (1499, 1),
    "basic_yearly": (9900, 12),
}
TITLES = [  # id, name, length in seconds, whether children may not see it
    ("t1", "The Lighthouse", 6300, False),
    ("t2", "Night Train", 5400, True),
    ("t3", "Dunes: part one", 2700, False),
    ("t4", "Dunes: part two", 2760, False),
    ("t5", "Small Kitchen", 1500, False),
    ("t6", "The Verdict", 7200, True),
]
# Euros for a pound, from the first day of each quarter on.
POUND_RATES = [(date(2025, 1, 1), "1.20"), (date(2025, 4, 1), "1.18"), (date(2025, 7, 1), "1.16"),
               (date(2025, 10, 1), "1.15"), (date(2026, 1, 1), "1.15"), (date(2026, 4, 1), "1.17")]  # fmt: skip
NOON = 12 * 3600


class Term:
    """A paid stretch of a subscription. `end` is the day after its last; `due` is later where a pause fell in it."""

    def __init__(self, plan, start, end, paid):
        self.plan, self.start, self.end, self.due, self.paid = plan, start, end, end, paid
        self.next = None

    @property
    def is_paid(self):
        return self.paid <= LAST_DAY

    @property
    def annual(self):
        price, months = PLANS[self.plan]
        return price * 12 // months


class Subscription:
    def __init__(self, member, number, plan, start, at):
        self.member, self.id, self.plan, self.start, self.at = member, f"sub_{number}", plan, start, at
        self.trial = None
        self.terms = []
        self.pause = None  # first day, day after the last
        self.asked, self.ended = None, None  # local days

    def known(self):
        """The terms that were paid for by the last day."""
        return [term for term in self.terms if term.is_paid]


class Service:
    def __init__(self):
        self.world = World("streaming", seed=23)
        self.calls, self.assignments, self.answers, self.tickets = [], [], [], []
        self.visitors, self.erased = [], None
        self.members, self.subscriptions, self.plays, self.refusals = [], [], [], []
        self.late = 0
        for number in range(130):
            self._visitor(number)
        self.calls.sort(key=lambda call: (call["timestamp"], call["messageId"]))

    # -- what happens --------------------------------------------------------------------------------

    def _visitor(self, number):
        chance = self.world.chance
        person = {
            "number": number,
            "cookie": f"web-{number}",
            "login": f"u{number}",
            "email": f"{FIRST_NAMES[number % 20]}.{LAST_NAMES[number // 20]}.{number}@example.com".lower(),
            "currency": "GBP" if chance.yes(0.15) else "EUR",
            "subscriptions": [],
        }
        self.visitors.append(person)
        day = FIRST_DAY + timedelta(days=chance.below(520))
        at = instant(day, chance.between(8, 21) * 3600)
        advertised = chance.yes(0.4)
        self._call("page", at, person, "/", campaign={"source": "google", "medium": "cpc"} if advertised else None)
        if chance.yes(0.15):
            # The first who left at once asked to be forgotten, and is still in the exports.
            self.erased = self.erased or person
            return
        at += timedelta(seconds=chance.between(20, 120))
        self._call("page", at, person, f"/titles/{chance.pick(TITLES)[0]}")
        at += timedelta(seconds=chance.between(20, 120))
        variant = chance.pick(["monthly_first", "yearly_first"])
        self._call("page", at, person, "/plans")
        self.assignments.append((person, variant, at))
        if chance.yes(0.25):
            return
        at += timedelta(seconds=chance.between(60, 300))
        self._call("identify", at, person, login=True, traits={"email": person["email"]})
        self.members.append(person)
        yearly = chance.yes(0.35 if variant == "yearly_first" else 0.2)
        plan = "basic_yearly" if yearly else chance.weighted([("basic_monthly", 3), ("premium_monthly", 1)])
        subscription = self._subscribe(person, plan, day, at)
        # Some of those who left come back long after any grace.
        if subscription.ended and subscription.terms and chance.yes(0.3):
            again = subscription.ended + timedelta(days=chance.between(40, 120))
            if again <= LAST_DAY - timedelta(days=5):
                self._subscribe(person, subscription.terms[-1].plan, again, instant(again, NOON))
        for subscription in person["subscriptions"]:
            self._watch(person, subscription)

    def _subscribe(self, person, plan, day, at):
        chance = self.world.chance
        subscription = Subscription(person, len(self.subscriptions) + 1, plan, day, at)
        is_first = not person["subscriptions"]
        person["subscriptions"].append(subscription)
        self.subscriptions.append(subscription)
        start = day
        if is_first and chance.yes(0.4):
            subscription.trial = (day, day + TRIAL)
            start = day + TRIAL
            if chance.yes(0.3):
                subscription.asked = day + timedelta(days=chance.between(1, 13))
                subscription.ended = start
        if start <= LAST_DAY and not subscription.ended:
            self._terms(subscription, start)
        if subscription.ended and subscription.ended > LAST_DAY:
            subscription.ended = None
        if subscription.asked and subscription.asked > LAST_DAY:
            subscription.asked = None
        return subscription

    def _terms(self, subscription, start):
        chance = self.world.chance
        anchor, number, plan, paid = start, 0, subscription.plan, start
        while True:
            months = PLANS[plan][1]
            first, end = add_months(anchor, number * months), add_months(anchor, (number + 1) * months)
            term = Term(plan, first, end, paid)
            if subscription.terms:
                subscription.terms[-1].next = term
            subscription.terms.append(term)
            is_yearly = months == 12
            if chance.yes(0.02):
                # Gone at once, in the middle of the term.
                subscription.asked = subscription.ended = first + (end - first) / 2
                return
            if not subscription.pause and chance.yes(0.3 if is_yearly else 0.04):
                begin = first + (end - first) / 2
                if begin <= LAST_DAY:
                    days = timedelta(days=chance.between(30, 60))
                    subscription.pause = (begin, begin + days)
                    term.due = end + days
                    # The next term starts a new count of months.
                    anchor, number = term.due, -1
            if term.due > LAST_DAY:
                return
            if chance.yes(0.35 if is_yearly else 0.08):
                subscription.asked = first + timedelta(days=chance.between(1, 20))
                subscription.ended = term.due
                return
            number += 1
            paid = term.due + timedelta(days=chance.between(2, 6) if chance.yes(0.08) else 0)
            if plan == "basic_monthly" and chance.yes(0.05):
                plan = "premium_monthly"
            elif plan == "premium_monthly" and chance.yes(0.06):
                plan = "basic_monthly"
            if paid <= LAST_DAY:
                at = instant(paid, NOON)
                self._call("track", at, subscription.member, event="Membership Renewed", login=True, server=True)

    def _watch(self, person, subscription):
        """A few evenings in each term that was begun, but not in a pause."""
        chance = self.world.chance
        stretches = [(term.start, min(term.end, subscription.ended or term.end)) for term in subscription.terms]
        if subscription.trial:
            stretches.insert(0, subscription.trial)
        for start, end in stretches:
            days = (end - start).days
            for _ in range(chance.between(0, 2) * (4 if days > 40 else 1)):
                day = start + timedelta(days=chance.below(days))
                paused = subscription.pause and subscription.pause[0] <= day < subscription.pause[1]
                if day <= LAST_DAY - timedelta(days=1) and not paused:
                    self._play(person, instant(day, 19 * 3600 + chance.below(7200)))
            if chance.yes(0.25):
                self._ask_support(person, start, days)
            if chance.yes(0.12) and end <= LAST_DAY:
                kind = chance.pick(["csat", "ces"])
                low = chance.yes(0.25)
                score = {"csat": (chance.between(1, 3), chance.between(4, 5)), "ces": (chance.between(1, 4), chance.between(5, 7))}
                self.answers.append((kind, person["email"], instant(start, NOON), score[kind][0 if low else 1]))

    def _ask_support(self, person, start, days):
        """A question, and sometimes the same one again within the week."""
        chance = self.world.chance
        topic, channel = chance.pick(["playback", "billing"]), chance.pick(["chat", "email"])
        day = start + timedelta(days=chance.below(days))
        for _ in range(1 + chance.yes(0.2)):
            if day > LAST_DAY - timedelta(days=1):
                return
            opened = instant(day, chance.between(9, 20) * 3600 + chance.below(3600))
            is_solved = chance.yes(0.95)
            self.tickets.append({
                "who": person["number"], "topic": topic, "channel": channel, "opened": opened,
                "reply_minutes": chance.between(2, 300), "reopens": int(chance.yes(0.1)),
                "solved": opened + timedelta(hours=chance.between(6, 20)) if is_solved else None,
                "score": chance.weighted([("good", 5), ("bad", 2), ("unoffered", 3)]), "agent": chance.pick([81, 82, 83]),
            })  # fmt: skip
            day += timedelta(days=chance.between(2, 6))

    def _play(self, person, at):
        chance = self.world.chance
        title, name, length, is_adult = chance.pick(TITLES)
        number = len(self.plays) + len(self.refusals) + 1
        properties = {"session_id": f"p{number}", "asset_id": title, "title": name, "total_length": length}
        if is_adult and chance.yes(0.15):
            # Another profile of the household may watch what this one may not.
            self._call("track", at, person, event="Parental Control Blocked", login=True, properties=properties)
            self.refusals.append((title, at))
            return
        is_late = number == 40
        sent = {"login": True, "delay": 10 * 86400 if is_late else 2}
        play = {"title": title, "length": length, "at": at, "viewer": person["number"], "furthest": 0, "rating": None}

        def call(event, seconds, position, **more):
            self._call("track", at + timedelta(seconds=seconds), person, event=event,
                       properties=properties | {"position": position} | more, **sent)
            self.late += is_late

        call("Video Content Started", 0, 0)
        share = chance.weighted([(1.0, 55), (0.9, 5), (0.6, 15), (0.3, 15), (0.1, 10)])
        # Every tenth goes to bed in between and sees the rest the next day.
        break_at = length // 2 if share > 0.6 and chance.yes(0.1) else None
        for quarter in (0.25, 0.5, 0.75):
            position = int(length * quarter)
            if share > quarter:
                rest = 86400 if break_at and position > break_at else 0
                call("Video Content Playing", position + rest, position)
                play["furthest"] = position
        rest = 86400 if break_at else 0
        if share == 1.0:
            call("Video Content Completed", length + rest, length)
            play["furthest"] = length
            if chance.yes(0.3):
                play["rating"] = chance.weighted([(5, 4), (4, 4), (3, 2), (2, 1)])
                call("Content Rated", length + rest + 20, length, rating=play["rating"])
        play["is_completed"] = share == 1.0
        play["is_late"] = is_late
        self.plays.append(play)

    def _call(self, kind, at, person, page=None, event=None, login=False, server=False, delay=2, **more):
        call = {"type": kind, "messageId": f"m{len(self.calls) + 1}"}
        if not server:
            call["anonymousId"] = person["cookie"] if kind != "track" else f"tv-{person['number']}"
        if login:
            call["userId"] = person["login"]
        if event:
            call["event"] = event
        call |= {"timestamp": iso(at), "receivedAt": iso(at + timedelta(seconds=delay)), "context": {}}
        if page:
            call["context"]["page"] = {"url": f"https://stream.example{page}"}
        if more.get("campaign"):
            call["context"]["campaign"] = more["campaign"]
        for key in ("properties", "traits"):
            if more.get(key):
                call[key] = more[key]
        self.calls.append(call)

    # -- what is exported ----------------------------------------------------------------------------

    def write(self):
        world = self.world
        world.ndjson("app/calls.ndjson.gz", self.calls)
        customers = [
            {"id": f"cus_{member['number']}", "created": stamp(member["subscriptions"][0].start),
             "email": member["email"], "metadata": {"user_id": member["login"]}, "livemode": True}
            for member in self.members
        ]  # fmt: skip
        world.json("billing/customers.json.gz", {"object": "list", "data": customers})
        subscriptions = [self._subscription(subscription) for subscription in self.subscriptions]
        world.json("billing/subscriptions.json.gz", {"object": "list", "data": subscriptions})
        world.json("billing/invoices.json.gz", {"object": "list", "data": list(self._invoices())})
        rates = [[day, "GBP", "EUR", rate] for day, rate in POUND_RATES]
        world.csv("finance/rates.csv", ["date", "base", "quote", "rate"], rates)
        world.csv(
            "experiments/plans_page.csv",
            ["cookie", "variant", "exposed_at"],
            [[person["cookie"], variant, utc(at)] for person, variant, at in self.assignments],
        )
        self.world.csv("privacy/erasures.csv", ["cookie", "asked_at"], [[self.erased["cookie"], "2026-06-01 09:00:00"]])
        self._write_support()
        for kind, question in (("csat", "How satisfied were you?"), ("ces", "It was easy to get help")):
            rows = [
                [f"{kind}-{number}", score, utc(at), utc(at), email]
                for number, (asked, email, at, score) in enumerate(self.answers)
                if asked == kind
            ]
            world.csv(f"survey/{kind}.csv", ["#", question, "Start Date (UTC)", "Submit Date (UTC)", "email"], rows)

    def _write_support(self):
        tickets = [
            {"id": 5000 + number, "requester_id": 9000 + ticket["who"], "assignee_id": ticket["agent"], "group_id": 70,
             "status": "solved" if ticket["solved"] else "open", "tags": [ticket["topic"]], "via": {"channel": ticket["channel"]},
             "satisfaction_rating": {"score": ticket["score"]}, "created_at": zulu(ticket["opened"]),
             "updated_at": zulu(ticket["solved"] or ticket["opened"]),
             "metric_set": {"reopens": ticket["reopens"], "reply_time_in_minutes": {"calendar": ticket["reply_minutes"]},
                            "solved_at": ticket["solved"] and zulu(ticket["solved"])}}
            for number, ticket in enumerate(self.tickets)
        ]  # fmt: skip
        self.world.json("support/tickets.json", {"tickets": tickets})
        askers = {ticket["who"] for ticket in self.tickets}
        users = [
            {"id": 9000 + member["number"], "email": member["email"], "external_id": member["login"], "role": "end-user",
             "created_at": zulu(member["subscriptions"][0].at)}
            for member in self.members if member["number"] in askers
        ]  # fmt: skip
        self.world.json("support/users.json", {"users": users})

    def _subscription(self, subscription):
        last = subscription.known()[-1] if subscription.known() else None
        plan = last.plan if last else subscription.plan
        price, months = PLANS[plan]
        is_paused = subscription.pause is not None and subscription.pause[1] > LAST_DAY
        has_ended = subscription.ended is not None
        metadata = {}
        if subscription.pause:
            metadata["paused_at"] = str(stamp(subscription.pause[0]))
            if not is_paused:
                metadata["resumed_at"] = str(stamp(subscription.pause[1]))
        recurring = {"interval": "year" if months == 12 else "month", "interval_count": 1}
        item = {"quantity": 1, "price": {"id": plan, "unit_amount": price, "recurring": recurring}}
        trial_start, trial_end = subscription.trial or (None, None)
        in_trial = trial_end is not None and trial_end > LAST_DAY
        return {
            "id": subscription.id,
            "customer": f"cus_{subscription.member['number']}",
            "status": "canceled" if has_ended else "trialing" if in_trial else "active",
            "currency": subscription.member["currency"].lower(),
            "created": int(subscription.at.timestamp()),
            "start_date": int(subscription.at.timestamp()),
            "trial_start": trial_start and stamp(trial_start),
            "trial_end": trial_end and stamp(trial_end),
            "cancel_at_period_end": subscription.asked is not None and not has_ended,
            "canceled_at": subscription.asked and stamp(subscription.asked),
            "ended_at": subscription.ended and stamp(subscription.ended),
            "pause_collection": {"behavior": "void"} if is_paused and not has_ended else None,
            "metadata": metadata,
            "items": {"data": [item]},
            "livemode": True,
        }

    def _invoices(self):
        number = 0
        for subscription in self.subscriptions:
            for term in subscription.terms:
                if term.start > LAST_DAY:
                    continue
                number += 1
                price, _ = PLANS[term.plan]
                currency = subscription.member["currency"].lower()
                line = {"id": f"il_{number}", "amount": price, "currency": currency, "quantity": 1, "proration": False,
                        "period": {"start": stamp(term.start), "end": stamp(term.end)}, "price": {"id": term.plan}}  # fmt: skip
                yield {
                    "id": f"in_{number}",
                    "customer": f"cus_{subscription.member['number']}",
                    "subscription": subscription.id,
                    "created": stamp(term.start),
                    "status": "paid" if term.is_paid else "open",
                    "status_transitions": {"paid_at": stamp(term.paid) if term.is_paid else None},
                    "billing_reason": "subscription_cycle",
                    "currency": currency,
                    "total": price,
                    "amount_paid": price if term.is_paid else 0,
                    "lines": {"data": [line]},
                    "livemode": True,
                }


def zulu(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(day):
    """Unix time of noon on a local day."""
    return int(instant(day, NOON).timestamp())
