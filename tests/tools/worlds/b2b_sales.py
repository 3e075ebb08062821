"""A software company that sells to other companies, in the nine steps of the textbook example: research,
visit, call to action, form, appointment, call, follow-up, purchase, feedback.

People read, come to the site (PostHog), leave their address (HubSpot), are mailed, called and met, get a
quote, sign or not, and are asked what it was like (Typeform). Some look at the site again in between.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from common import FIRST_NAMES, LAST_NAMES, World, add_months, cents, instant, iso, local, local_day, month, utc

FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 6, 30)
STEPS = ["research", "visit", "call_to_action", "form", "appointment", "call", "follow_up", "purchase", "feedback"]
# How many of those who took a step take the next one.
GO_ON = {"research": 0.8, "visit": 0.7, "call_to_action": 0.85, "form": 0.95, "appointment": 0.8, "call": 0.85,
         "follow_up": 0.6, "purchase": 1.0}  # fmt: skip
SELLERS = ["51", "52", "53"]
INDUSTRIES = ["RETAIL", "LOGISTICS_AND_SUPPLY_CHAIN", "HOSPITAL_HEALTH_CARE", "CONSTRUCTION"]
POSTCODES = ["1012AB", "3511CD", "5611EF", "6211GH", "9711JK"]
COMMENTS = ["Clear quote and a friendly call.", "The price was hard to understand.", "Delivery took too long.", None]


class Company:
    def __init__(self):
        self.world = World("b2b_sales", seed=37)
        self.people, self.events, self.mails, self.calls, self.meetings = [], [], [], [], []
        self.answers, self.demo_answers, self.mentions = [], [], []
        self.accounts = [
            {"id": f"{7000 + number}", "name": f"{LAST_NAMES[number % 20]} & partners {number}",
             "industry": INDUSTRIES[number % 4], "size": 10 * (1 + number % 9), "country": "NL" if number % 5 else "BE"}
            for number in range(45)
        ]  # fmt: skip
        for number in range(140):
            self._person(number)

    # -- what happens --------------------------------------------------------------------------------

    def _person(self, number):
        chance = self.world.chance
        person = {
            "number": number,
            # The second one is used by people whose address is known by then, so it leads to them.
            "devices": [f"d{number}a"] + [f"d{number}b"] * chance.yes(0.4),
            "email": f"{FIRST_NAMES[number % 20]}.{LAST_NAMES[number // 20]}.{number}@example.com".lower(),
            "account": chance.pick(self.accounts),
            "seller": chance.pick(SELLERS),
            "stays": [],  # (step, first moment), in their order
            "deal": None,
            "known_at": None,
        }
        self.people.append(person)
        day = FIRST_DAY + timedelta(days=chance.below(150))
        for step in STEPS:
            if day > LAST_DAY:
                break
            at = instant(day, chance.between(9, 16) * 3600 + chance.below(3000))
            person["stays"].append((step, at))
            getattr(self, f"_{step}")(person, at)
            if step == "follow_up" and not chance.yes(GO_ON[step]):
                self._lose(person, day + timedelta(days=chance.between(3, 12)))
                break
            if step != "feedback" and step != "follow_up" and not chance.yes(GO_ON[step]):
                break
            day += timedelta(days=chance.between(1, 9))
            if step == "call" and day < LAST_DAY and chance.yes(0.25):
                # Back to the site, to read up on what the call was about.
                again = instant(day, 12 * 3600)
                person["stays"].append(("visit", again))
                self._view(person, again, "/product")
                day += timedelta(days=1)

    def _research(self, person, at):
        self._view(person, at, "/blog/" + self.world.chance.pick(["churn", "planning", "stock"]), "google", "organic")

    def _visit(self, person, at):
        social = self.world.chance.yes(0.4)
        self._view(person, at, "/", *(("linkedin", "social") if social else (None, None)))
        self._view(person, at + timedelta(seconds=70), "/product")

    def _call_to_action(self, person, at):
        self._view(person, at, "/product")
        self._event(person, at + timedelta(seconds=30), "cta_clicked", "/product")

    def _form(self, person, at):
        person["known_at"] = at + timedelta(seconds=90)
        self._event(person, person["known_at"], "form_submitted", "/demo")

    def _appointment(self, person, at):
        self._mail(person, at, "confirmation")

    def _call(self, person, at):
        chance = self.world.chance
        self.calls.append((person, at, chance.between(180, 1500), chance.weighted([("INBOUND", 2), ("OUTBOUND", 8)])))

    def _follow_up(self, person, at):
        chance = self.world.chance
        self.meetings.append((person, at, 60 * chance.pick([30, 60])))
        if chance.yes(0.6):
            self.demo_answers.append((person, at + timedelta(hours=4), chance.weighted([(9, 4), (8, 2), (5, 2)])))
        if chance.yes(0.4):
            self.mentions.append((person, at + timedelta(hours=5), chance.pick(["-0.5", "0.2", "0.8"])))
        quoted = at + timedelta(hours=3)
        person["deal"] = {"created": at, "quoted": quoted, "amount": 100 * chance.between(1500, 9000), "closed": None, "won": None}

    def _purchase(self, person, at):
        person["deal"] |= {"closed": at, "won": True}

    def _lose(self, person, day):
        if day <= LAST_DAY:
            person["deal"] |= {"closed": instant(day, 15 * 3600), "won": False}

    def _feedback(self, person, at):
        chance = self.world.chance
        self._mail(person, at, "feedback")
        answered = at + timedelta(days=chance.between(1, 4))
        if chance.yes(0.7) and local_day(answered) <= LAST_DAY:
            score = chance.weighted([(10, 3), (9, 3), (8, 3), (7, 1), (6, 2), (3, 1)])
            self.answers.append((person, answered, score, chance.pick(COMMENTS)))

    def _view(self, person, at, page, source=None, medium=None):
        self._event(person, at, "$pageview", page, source, medium)

    def _event(self, person, at, name, page, source=None, medium=None):
        device = self.world.chance.pick(person["devices"]) if person["known_at"] else person["devices"][0]
        self.events.append((at, device, name, page, source, medium))

    def _mail(self, person, at, campaign):
        chance = self.world.chance
        self.mails += [(person, at - timedelta(seconds=5), "SENT", campaign), (person, at, "DELIVERED", campaign)]
        opened = at + timedelta(hours=chance.between(1, 5))
        if chance.yes(0.7):
            self.mails.append((person, opened, "OPEN", campaign))

    # -- what is exported ----------------------------------------------------------------------------

    def write(self):
        known = [person for person in self.people if person["known_at"]]
        self._write_site(known)
        self._write_crm(known)
        self._write_contacts_with_people()
        self._write_outside()

    def _write_site(self, known):
        rows = []
        for number, (at, device, name, page, source, medium) in enumerate(sorted(self.events), start=1):
            properties = {"$current_url": f"https://b2b.example{page}", "$device_type": "Desktop"}
            if source:
                properties |= {"utm_source": source, "utm_medium": medium}
            rows.append({"uuid": f"e{number}", "event": name, "distinct_id": device, "timestamp": iso(at),
                         "properties": properties})  # fmt: skip
        self.world.ndjson("web/events.ndjson.gz", rows)
        persons = [
            {"distinct_id": device, "person_id": f"p{person['number']}", "person_distinct_id_version": 1,
             "is_deleted": False, "properties": {"email": person["email"]}, "created_at": iso(person["known_at"])}
            for person in known
            for device in person["devices"]
        ]  # fmt: skip
        self.world.ndjson("web/persons.ndjson.gz", persons)

    def _write_crm(self, known):
        self.world.csv(
            "crm/companies.csv",
            ["hs_object_id", "name", "industry", "numberofemployees", "hs_country_code", "createdate", "hs_lastmodifieddate"],
            [
                [account["id"], account["name"], account["industry"], account["size"], account["country"],
                 "2025-12-01 09:00", "2025-12-01 09:00"]
                for account in self.accounts
            ],  # fmt: skip
        )
        contacts, deals = [], []
        for person in known:
            deal = person["deal"]
            won = bool(deal and deal["won"])
            contacts.append([
                contact(person), person["email"], "customer" if won else "lead", person["account"]["id"],
                POSTCODES[person["number"] % 5], person["account"]["country"], "nl", person["seller"],
                local(person["known_at"]), local(deal["closed"] if won else person["known_at"]),
                handle(person), subscriber(person) if won else None,
            ])  # fmt: skip
            if deal:
                stage = {True: "closedwon", False: "closedlost", None: "contractsent"}[deal["won"]]
                deals.append([
                    f"{9000 + person['number']}", "default", stage, cents(deal["amount"]), "EUR", person["seller"],
                    contact(person), person["account"]["id"], str(deal["won"] is not None).lower(), str(won).lower(),
                    local(deal["created"]), deal["closed"] and local(deal["closed"]), local(deal["quoted"]),
                    local(deal["closed"] or deal["quoted"]),
                ])  # fmt: skip
        self.world.csv(
            "crm/contacts.csv",
            ["hs_object_id", "email", "lifecyclestage", "associatedcompanyid", "zip", "hs_country_region_code",
             "hs_language", "hubspot_owner_id", "createdate", "lastmodifieddate", "linkedin_handle",
             "billing_customer"],  # fmt: skip
            contacts,
        )
        self._write_contracts()
        self.world.csv(
            "crm/deals.csv",
            ["hs_object_id", "pipeline", "dealstage", "amount", "deal_currency_code", "hubspot_owner_id",
             "associatedcontactids", "associatedcompanyid", "hs_is_closed", "hs_is_closed_won", "createdate",
             "closedate", "hs_v2_date_entered_contractsent", "hs_lastmodifieddate"],  # fmt: skip
            deals,
        )

    def _write_contracts(self):
        """Who signs has a contract for a year, paid at once, that begins on the day."""
        listed = []
        for person in self.clients():
            closed = person["deal"]["closed"]
            start = instant(local_day(closed), 0)
            seconds = {"created_at": closed, "started_at": start, "current_term_start": start,
                       "current_term_end": instant(add_months(local_day(closed), 12), 0)}  # fmt: skip
            listed.append({"subscription": {
                "id": f"c{person['number']}", "customer_id": subscriber(person), "status": "active", "currency_code": "EUR",
                "billing_period": 1, "billing_period_unit": "year",
                "subscription_items": [{"item_price_id": "team-yearly", "item_type": "plan", "quantity": 1,
                                        "unit_price": person["deal"]["amount"]}],
                **{name: int(moment.timestamp()) for name, moment in seconds.items()},
                "deleted": False, "resource_version": int(closed.timestamp()) * 1000,
            }})  # fmt: skip
        self.world.json("billing/contracts.json", {"list": listed})

    def clients(self):
        return [person for person in self.people if person["deal"] and person["deal"]["won"]]

    def _write_contacts_with_people(self):
        self.world.csv(
            "crm/email_events.csv",
            ["id", "created", "email_campaign_id", "type", "filtered_event", "recipient"],
            [
                [f"m{number}", utc(at), campaign, kind, "false", person["email"]]
                for number, (person, at, kind, campaign) in enumerate(self.mails, start=1)
            ],
        )
        self.world.csv(
            "crm/calls.csv",
            ["hs_object_id", "hs_timestamp", "hs_call_duration", "hs_call_direction", "hs_call_disposition",
             "hubspot_owner_id", "associatedcontactids"],  # fmt: skip
            [
                [f"{4000 + number}", local(at), 1000 * seconds, direction, "Connected", person["seller"], contact(person)]
                for number, (person, at, seconds, direction) in enumerate(self.calls)
            ],
        )
        self.world.csv(
            "crm/meetings.csv",
            ["hs_object_id", "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome", "hubspot_owner_id",
             "associatedcontactids"],  # fmt: skip
            [
                [f"{6000 + number}", local(at), local(at + timedelta(seconds=seconds)), "COMPLETED", person["seller"],
                 contact(person)]
                for number, (person, at, seconds) in enumerate(self.meetings)
            ],  # fmt: skip
        )
        self.world.csv(
            "survey/nps.csv",
            ["#", "How likely are you to recommend us?", "Why?", "Start Date (UTC)", "Submit Date (UTC)", "email"],
            [
                [f"r{number}", score, comment, utc(at - timedelta(minutes=2)), utc(at), person["email"]]
                for number, (person, at, score, comment) in enumerate(self.answers)
            ],
        )

        self.world.csv(
            "survey/demo.csv",
            ["#", "How likely are you to recommend our demos?", "Start Date (UTC)", "Submit Date (UTC)", "email"],
            [
                [f"d{number}", score, utc(at - timedelta(minutes=1)), utc(at), person["email"]]
                for number, (person, at, score) in enumerate(self.demo_answers)
            ],
        )

    def _write_outside(self):
        """What is said in public, and what the statistics office says of places."""
        chance = self.world.chance
        posts = [
            [f"post-{number}", f"{FIRST_DAY + timedelta(days=9 * number)} 10:00:00", "LinkedIn", "B2B example",
             "A new case study is online."]
            for number in range(20)
        ]  # fmt: skip
        self.posts = posts
        self.world.csv("social/posts.csv", ["Post ID", "Date", "Social Network", "Profile", "Post Message"], posts)
        reviews = []
        for number, (person, at, score, _) in enumerate(self.answers):
            if chance.yes(0.3):
                stars = 1 + score // 3 if score < 10 else 5
                reviews.append({"id": f"t{number}", "stars": stars, "title": "Our experience", "text": "As agreed.",
                                "consumer": {"displayName": f"Client {person['number']}"}, "language": "en",
                                "createdAt": iso(at + timedelta(hours=2))})  # fmt: skip
        self.reviews = reviews
        self.world.json("social/reviews.json", {"reviews": reviews})
        self.world.csv(
            "social/mentions.csv",
            ["id", "published_at", "network", "handle", "sentiment", "text"],
            [
                [f"l{number}", utc(at), "linkedin", handle(person), sentiment, "Met the people of B2B example today."]
                for number, (person, at, sentiment) in enumerate(self.mentions)
            ],
        )
        places = [[code, 1200 + 35 * n, 700 + 20 * n, "1.8", 320 + 15 * n, 45 + n, 1 + n] for n, code in enumerate(POSTCODES)]
        self.world.csv(
            "open_data/pc6.csv",
            ["postcode6", "aantal_inwoners", "aantal_part_huishoudens", "gemiddelde_huishoudensgrootte",
             "gemiddelde_woz_waarde_woning", "percentage_koopwoningen", "stedelijkheid"],  # fmt: skip
            places,
        )

    # -- what is so ----------------------------------------------------------------------------------

    def tell(self):
        counts, people = Counter(), defaultdict(set)
        for person in self.people:
            for step, at in person["stays"]:
                key = (month(local_day(at)), step)
                counts[key] += 1
                people[key].add(person["number"])
        self.world.figure(
            "stays in each of the nine steps by the month in which they began, of people known and unknown",
            """select period_start_date, stage, visit_count, customer_count from marts.journey_map_nodes
            where journey = 'sale' and visit_count > 0""",
            [[*key, count, len(people[key])] for key, count in counts.items()],
        )
        self._tell_opinions()
        self._tell_contracts()
        asked = [person for person in self.people if any(step == "feedback" for step, _ in person["stays"])]
        lost = [person for person in self.people if person["deal"] and person["deal"]["won"] is False]
        self.world.figure(
            "sales that were won and followed up",
            "select sum(transition_count) from marts.journey_map_edges where journey = 'sale' and to_stage = '(converted)'",
            [[len(asked)]],
        )
        self.world.figure(
            "quotes, won and lost deals, calls and meetings of each seller",
            """select event_name, agent_id, count(*) from core.touchpoints
            where event_name in ('quote', 'deal_won', 'deal_lost', 'call', 'meeting') group by event_name, agent_id""",
            [[*key, count] for key, count in self._activities(lost).items()],
        )
        quoted = [person["deal"]["amount"] for person in self.people if person["deal"]]
        self.world.figure(
            "what was quoted",
            "select count(*), sum(value), currency from core.touchpoints where event_name = 'quote' group by currency",
            [[len(quoted), cents(sum(quoted)), "EUR"]],
        )
        self.world.figure(
            "the team that calls and meets, and the scores of those who answered",
            """select event_name, agent_team, count(*), sum(score) from core.touchpoints
            where event_name in ('call', 'meeting', 'survey_answered') group by event_name, agent_team""",
            [["call", "sales", len(self.calls), None], ["meeting", "sales", len(self.meetings), None],
             ["survey_answered", None, len(self.answers) + len(self.demo_answers),
              sum(score for _, _, score, *_ in self.answers + self.demo_answers)]],
        )  # fmt: skip
        self.world.figure(
            "which survey was answered",
            "select topic, count(*) from core.touchpoints where event_name = 'survey_answered' group by topic",
            [["nps", len(self.answers)], ["demo", len(self.demo_answers)]],
        )
        known = sum(bool(person["known_at"]) for person in self.people)
        self.world.figure(
            "everybody is one person, whatever devices and addresses they used",
            "select count(*) filter (where is_identified) from core.people",
            [[known]],
        )
        self.world.figure(
            "so are those whose address nobody knows, each by the one device they used",
            "select count(distinct customer_key) from core.sessions",
            [[len(self.people)]],
        )
        self._tell_scores()
        self._tell_outside()

    def _tell_opinions(self):
        """What people said before they took the step after the meeting, by the month of the meeting's stay."""
        scores, sentiments = defaultdict(list), defaultdict(list)
        for person, at, score in self.demo_answers:
            scores[month(local_day(at))].append(score)
        for person, at, sentiment in self.mentions:
            sentiments[month(local_day(at))].append(float(sentiment))
        rows = []
        for start in scores.keys() | sentiments.keys():
            own, said = scores.get(start, []), sentiments.get(start, [])
            net = sum(score >= 9 for score in own) - sum(score <= 6 for score in own)
            rows.append([start, len(own), 100 * net / len(own) if len(own) > 1 else None,
                         len(said), sum(said) / len(said) if len(said) > 1 else None])  # fmt: skip
        self.world.figure(
            "what people said while they were in the stage of the meeting",
            """select period_start_date, nps_response_count, nps, mention_count, mean_sentiment_score
            from marts.journey_map_nodes where stage = 'follow_up' and nps_response_count + mention_count > 0""",
            rows,
        )

    def _tell_contracts(self):
        signed = defaultdict(list)
        for person in self.clients():
            signed[month(local_day(person["deal"]["closed"]))].append(cents(person["deal"]["amount"]))
        twelfth = Decimal("0.0001")
        self.world.figure(
            "recurring revenue of the contracts that were signed in each month",
            """select period_start_date, new_mrr_amount from marts.mrr
            where period_unit = 'month' and new_mrr_amount > 0""",
            [
                [start, sum((amount / 12).quantize(twelfth, ROUND_HALF_UP) for amount in amounts)]
                for start, amounts in signed.items()
            ],
        )

    def _activities(self, lost):
        counts = Counter(("call", person["seller"]) for person, *_ in self.calls)
        counts += Counter(("meeting", person["seller"]) for person, *_ in self.meetings)
        counts += Counter(("quote", person["seller"]) for person in self.people if person["deal"])
        counts += Counter(("deal_won", person["seller"]) for person in self.people if person["deal"] and person["deal"]["won"])
        counts += Counter(("deal_lost", person["seller"]) for person in lost)
        return counts

    def _tell_scores(self):
        scores, sent, answered = defaultdict(list), Counter(), Counter()
        who = {person["number"] for person, *_ in self.answers}
        for person, at, score, _ in self.answers:
            scores[month(local_day(at))].append(score)
        for person, at, kind, campaign in self.mails:
            if kind == "DELIVERED" and campaign == "feedback":
                sent[month(local_day(at))] += 1
                answered[month(local_day(at))] += person["number"] in who
        rows = []
        for start, values in scores.items():
            promoters, detractors = sum(value >= 9 for value in values), sum(value <= 6 for value in values)
            score = 100 * (promoters - detractors) / len(values) if len(values) >= 2 else None
            rows.append([start, len(values), promoters, detractors, score, sent[start] or None, answered[start] if sent[start] else None])
        self.world.figure(
            "the net promoter score of each month, where at least two answered, and who answered of those asked",
            """select period_start_date, response_count, promoter_count, detractor_count, nps, invited_count,
            answered_invitation_count from marts.survey_scores where survey_id = 'nps' and response_count > 0""",
            rows,
        )


    def _tell_outside(self):
        self.world.figure(
            "what is said in public: posts of the company, mentions of it, and reviews with their stars",
            """select network, is_controlled, count(*), sum(rating), count(mention_text), count(customer_id)
            from core.social_mentions group by network, is_controlled""",
            [
                ["linkedin", True, len(self.posts), None, len(self.posts), len(self.posts)],
                ["linkedin", False, len(self.mentions), None, len(self.mentions), len(self.mentions)],
                ["trustpilot", False, len(self.reviews), sum(review["stars"] for review in self.reviews),
                 len(self.reviews), len(self.reviews)],
            ],  # fmt: skip
        )
        self.world.figure(
            "why clients would or would not recommend the company",
            "select feedback_text, count(*) from core.feedback where subject = 'nps' group by feedback_text",
            [[text, count] for text, count in Counter(comment for *_, comment in self.answers if comment).items()],
        )
        urbanity = Counter(1 + person["number"] % 5 for person in self.clients())
        self.world.figure(
            "how urban the places are in which clients live, from an open source and for statistics only",
            """select value, licence, purpose, count(*) from core.customer_enrichment where attribute = 'urbanity'
            group by value, licence, purpose""",
            [[str(value), "CC BY 4.0", "statistics", count] for value, count in urbanity.items()],
        )


def handle(person):
    return f"person{person['number']}"


def subscriber(person):
    return f"cb{person['number']}"


def contact(person):
    return f"{100 + person['number']}"


def world():
    company = Company()
    company.write()
    company.tell()
    return company.world
