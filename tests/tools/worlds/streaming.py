"""The truth of the streaming world: counted from what happened in it (streaming_service.py), for the months,
quarters and years that the marts are asked about."""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from statistics import median

from common import PERIODS, add_months, cents, local_day, month, quarter
from streaming_service import LAST_DAY, PLANS, POUND_RATES, TITLES, Service

GRACE = timedelta(days=30)


class Truth:
    def __init__(self, service):
        self.service, self.world = service, service.world

    def tell(self):
        self._tell_renewals()
        self._tell_revenue()
        self._tell_customers()
        self._tell_titles()
        self._tell_answers()
        self._tell_service()
        self._tell_experiment()
        self.world.figure(
            "everybody is one person on all devices, and the one who asked to be forgotten is nobody",
            "select count(*) from core.people",
            [[len(self.service.visitors) - 1]],
        )
        self.world.figure(
            "every renewal completes a journey, the first one that of finding and trying the service",
            "select sum(transition_count) from marts.journey_map_edges where journey = 'membership' and to_stage = '(converted)'",
            [[sum(call.get("event") == "Membership Renewed" for call in self.service.calls)]],
        )
        self.world.figure(
            "events that arrived ten days late",
            "select failed_count, consequence from marts.data_quality where check_name = 'late'",
            [[self.service.late, "left out, arrived more than late_days after the event"]],
        )

    def _outcomes(self):
        """Currency, day due, and what became of each term that was paid for."""
        for subscription in self.service.subscriptions:
            currency = subscription.member["currency"]
            for term in subscription.known():
                following = term.next if term.next and term.next.is_paid else None
                is_renewed = following is not None and following.paid - term.due <= GRACE
                if is_renewed:
                    outcome = "late" if following.paid > term.due else "on_time"
                elif subscription.pause and subscription.pause[1] > LAST_DAY and term.due != term.end:
                    continue  # Nothing is due while the pause lasts.
                elif subscription.ended and subscription.ended < term.end:
                    outcome = "midterm"
                else:
                    outcome = "lapsed" if term.due + GRACE <= LAST_DAY else "open"
                yield currency, term.due, outcome

    def _tell_renewals(self):
        counts, first = Counter(), {}
        for currency, due, outcome in self._outcomes():
            if due > LAST_DAY:
                continue
            for unit, start_of in PERIODS:
                counts[unit, start_of(due), currency, "due"] += outcome != "open"
                counts[unit, start_of(due), currency, "renewed"] += outcome in ("late", "on_time")
                counts[unit, start_of(due), currency, "late"] += outcome == "late"
                counts[unit, start_of(due), currency, "open"] += outcome == "open"
        for subscription in self.service.subscriptions:
            currency = subscription.member["currency"]
            if subscription.trial or subscription.known():
                first[currency] = min(first.get(currency, LAST_DAY), subscription.start)
            if subscription.trial and subscription.trial[1] <= LAST_DAY:
                for unit, start_of in PERIODS:
                    counts[unit, start_of(subscription.trial[1]), currency, "trials"] += 1
                    counts[unit, start_of(subscription.trial[1]), currency, "converted"] += bool(subscription.known())
        words = ("due", "renewed", "late", "open", "trials", "converted")
        rows = [[*key, *(counts[*key, word] for word in words)] for key in periods(first)]
        self.world.figure(
            "terms that fell due, by what became of them, and trials that ended",
            """select period_unit, period_start_date, currency, due_count, renewed_count, renewed_late_count,
            open_count, trial_ended_count, trial_converted_count from marts.renewals""",
            rows,
        )

    def _movements(self):
        """(currency, member, day, kind, cents a month) of every change, and the balances behind them."""
        for member in self.service.members:
            changes = Counter()
            for subscription in member["subscriptions"]:
                for term in subscription.known():
                    following = term.next if term.next and term.next.is_paid else None
                    paused = subscription.pause if term.due != term.end else None
                    if following:
                        end = following.start
                    elif subscription.ended and subscription.ended < term.end:
                        end = subscription.ended
                    elif not (paused and paused[1] > LAST_DAY) and term.due + GRACE <= LAST_DAY:
                        end = term.due
                    else:
                        end = None  # Runs on, at least until grace is over.
                    changes[term.start] += term.annual
                    if end:
                        changes[end] -= term.annual
                    for day, kind, sign in zip(paused or (), ("pause", "resume"), (-1, 1)):
                        if day <= LAST_DAY:
                            yield member, day, kind, sign * term.annual, None
            balance, is_first = 0, True
            for day in sorted(changes):
                if changes[day] == 0 or day > LAST_DAY:
                    continue
                before, balance = balance, balance + changes[day]
                if before == 0:
                    kind = "new" if is_first else "reactivation"
                elif balance == 0:
                    kind = "churn"
                else:
                    kind = "expansion" if balance > before else "contraction"
                is_first = False
                yield member, day, kind, changes[day], balance

    def _tell_revenue(self):
        kinds = ("new", "expansion", "contraction", "churn", "reactivation", "pause", "resume")
        sums, first, members, pounds = Counter(), {}, defaultdict(list), []
        for member, day, kind, annual, balance in self._movements():
            currency = member["currency"]
            if currency == "GBP":
                pounds.append((day, annual))
            first[currency] = min(first.get(currency, LAST_DAY), day)
            for unit, start_of in PERIODS:
                sums[unit, start_of(day), currency, kind] += annual
            if balance is not None:
                members[currency, member["number"]].append((day, kind, balance))
        rows, balances = [], Counter()
        for unit, start, currency in periods(first):
            amounts = [sums[unit, start, currency, kind] for kind in kinds]
            before = balances[unit, currency]
            balances[unit, currency] += sum(amounts)
            rows.append([unit, start, currency, *(monthly(amount) for amount in (before, *amounts, balances[unit, currency]))])
        self.world.figure(
            "the bridge of recurring revenue: start, new, expansion, contraction, churn, reactivation, pause, resume, end",
            """select period_unit, period_start_date, currency, start_mrr_amount, new_mrr_amount, expansion_mrr_amount,
            contraction_mrr_amount, churn_mrr_amount, reactivation_mrr_amount, pause_mrr_amount, resume_mrr_amount,
            end_mrr_amount from marts.mrr""",
            rows,
        )
        # A rate that moves takes along what was paid in pounds until the day before.
        moves = [
            (day, monthly(sum(annual for at, annual in pounds if at < day)) * (Decimal(rate) - Decimal(before)))
            for (_, before), (day, rate) in zip(POUND_RATES, POUND_RATES[1:])
        ]
        starts = dict(PERIODS)
        rows = [
            [unit, start, currency, sum((amount for day, amount in moves if starts[unit](day) == start), Decimal(0))]
            for unit, start, currency in periods({"EUR": min(first.values())})
        ]
        self.world.figure(
            "what moving exchange rates made of recurring revenue, in euros",
            "select period_unit, period_start_date, currency, fx_mrr_amount from marts.mrr_total",
            rows,
        )
        rows = []
        for unit, start, currency in periods(first):
            counts = [0, 0, 0]
            for (own, _), history in members.items():
                before = [balance for day, _, balance in history if day < start]
                if own != currency or not before or before[-1] == 0:
                    continue
                within = [(kind, balance) for day, kind, balance in history if starts[unit](day) == start]
                counts[0] += 1
                counts[1] += bool(within) and within[-1][1] == 0
                counts[2] += any(kind == "churn" for kind, _ in within)
            rows.append([unit, start, currency, *counts])
        self.world.figure(
            "members at the start of each period, those who were gone at its end, those who left in it",
            """select period_unit, period_start_date, currency, start_customer_count, churned_customer_count,
            interrupted_customer_count from marts.churn""",
            rows,
        )

    def _tell_customers(self):
        rows = []
        for member in self.service.members:
            value = Decimal(0)
            for subscription in member["subscriptions"]:
                for term in subscription.known():
                    price = cents(PLANS[term.plan][0])
                    if member["currency"] == "GBP":
                        price *= Decimal([rate for day, rate in POUND_RATES if day <= term.paid][-1])
                    value += price
            rows.append([value, value > 0])
        self.world.figure(
            "what each member has paid, in euros at the rate of the day",
            "select subscription_value, is_subscriber from marts.customer_value",
            rows,
        )

    def _tell_titles(self):
        names = {title: name for title, name, _, _ in TITLES}
        plays, refusals = defaultdict(list), Counter()
        for play in self.service.plays:
            if not play["is_late"]:
                plays[play["title"], month(local_day(play["at"]))].append(play)
        for title, at in self.service.refusals:
            refusals[title, month(local_day(at))] += 1
        rows = []
        for key in plays.keys() | refusals.keys():
            own = plays[key] if key in plays else []
            ratings = [play["rating"] for play in own if play["rating"]]
            viewers = len({play["viewer"] for play in own})
            completed = sum(play["is_completed"] for play in own)
            watched, offered = (sum(play[what] for play in own) for what in ("furthest", "length"))
            rows.append([
                *key,
                names[key[0]],
                len(own),
                viewers,
                completed,
                completed / len(own) if viewers > 1 else None,
                watched,
                offered,
                watched / offered if viewers > 1 else None,
                len(ratings),
                sum(ratings) / len(ratings) if len(ratings) > 1 else None,
                refusals[key],
            ])
        self.world.figure(
            "what became of each title in the month in which it was begun; nothing of the play that arrived too late",
            """select title_id, period_start_date, title, start_count, viewer_count, completed_count, completion_rate,
            watched_seconds, offered_seconds, watch_through_rate, rating_count, mean_rating, refused_count from marts.content_completion""",
            rows,
        )

    def _tell_answers(self):
        # Of what somebody answers in a quarter the last counts.
        last = {}
        for kind, email, at, score in sorted(self.service.answers, key=lambda answer: answer[2]):
            last[kind, email, quarter(local_day(at))] = (kind, month(local_day(at)), score)
        scores = defaultdict(list)
        for kind, start, score in last.values():
            scores[kind, start].append(score)
        rows = []
        for (kind, start), values in scores.items():
            count = len(values)
            top = sum(value >= 4 for value in values) if kind == "csat" else None
            effort = sum(value >= 6 for value in values) - sum(value <= 3 for value in values) if kind == "ces" else None
            shown = count >= 2
            rows.append([kind, start, count, 100 * top / count if shown and top is not None else None,
                         100 * effort / count if shown and effort is not None else None])
        self.world.figure(
            "satisfaction (4 and 5 of 5) and effort (6 and 7 less 1 to 3 of 7), where at least two answered",
            "select kind, period_start_date, response_count, csat_pct, ces_index from marts.survey_scores",
            rows,
        )

    def _tell_service(self):
        groups, asked = defaultdict(list), defaultdict(list)
        for ticket in sorted(self.service.tickets, key=lambda ticket: ticket["opened"]):
            groups[month(local_day(ticket["opened"])), ticket["topic"], ticket["channel"]].append(ticket)
            asked[ticket["who"], ticket["topic"]].append(ticket)
        following = {id(one): other for tickets in asked.values() for one, other in zip(tickets, tickets[1:])}
        week = timedelta(days=7)

        def again(ticket, since):
            """Whether the same person asked the same within a week."""
            other = following.get(id(ticket))
            return bool(other and since and other["opened"] - since <= week)

        rows = []
        for key, tickets in groups.items():
            askers = len({ticket["who"] for ticket in tickets})
            once = [t for t in tickets if t["solved"] and not t["reopens"] and not again(t, t["solved"])]
            rows.append([
                *key, len(tickets), askers, sum(bool(ticket["solved"]) for ticket in tickets), len(once),
                sum(ticket["reopens"] > 0 for ticket in tickets), sum(again(ticket, ticket["opened"]) for ticket in tickets),
                60 * median(ticket["reply_minutes"] for ticket in tickets) if askers > 1 else None,
                len(once) / len(tickets) if askers > 1 else None,
                1 if askers > 1 else None,
            ])  # fmt: skip
        self.world.figure(
            "questions of each month, what became of them, and how fast they were answered",
            """select period_start_date, topic, channel, case_count, customer_count, solved_count,
            first_contact_resolution_count, reopened_count, repeated_count, median_first_reply_seconds,
            first_contact_resolution_rate, contacts_per_case_ratio from marts.service""",
            rows,
        )
        self.world.figure(
            "three people answer, whose names are nobody's business",
            "select count(distinct agent_id) from marts.agent_interactions where contact_count > 0",
            [[len({ticket["agent"] for ticket in self.service.tickets})]],
        )
        most = Counter(Counter(ticket["who"] for ticket in self.service.tickets).values())
        self.world.figure(
            "how many members asked how often",
            "select case_count, count(*) from marts.service_customers group by case_count",
            most.items(),
        )

    def _tell_experiment(self):
        counts = Counter()
        for person, variant, at in self.service.assignments:
            joined = [subscription.at for subscription in person["subscriptions"]]
            counts[variant, "exposed"] += 1
            counts[variant, "joined"] += any(timedelta(0) <= moment - at <= timedelta(days=14) for moment in joined)
        self.world.figure(
            "who saw which price first, and who joined within a fortnight",
            "select variant, is_control, unit_count, converted_count from marts.experiments",
            [[v, v == "monthly_first", counts[v, "exposed"], counts[v, "joined"]] for v in ("monthly_first", "yearly_first")],
        )


def monthly(annual):
    """A twelfth of an amount in cents, as an amount."""
    return Decimal(annual).scaleb(-2) / 12


def periods(first):
    """(unit, first day, currency) of every period from a currency's first day to the last day."""
    for currency, day in first.items():
        for unit, start_of in PERIODS:
            start, months = start_of(day), {"month": 1, "quarter": 3, "year": 12}[unit]
            while start <= LAST_DAY:
                yield unit, start, currency
                start = add_months(start, months)


def world():
    service = Service()
    service.write()
    Truth(service).tell()
    return service.world
