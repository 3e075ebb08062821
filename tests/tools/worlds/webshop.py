"""A web shop that has nothing but its orders (Shopify) and its web events (GA4, flat).

Visitors come back over half a year, on one device or two, look, search, fill carts and buy. Nobody
logs in: a cookie and an e-mail address belong together because an order was placed with both.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from common import FIRST_NAMES, LAST_NAMES, World, cents, instant, local_day, month, offset, utc

FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 6, 30)
SITE = "https://shop.example"
ARTICLES = [  # number, name, price in cents
    ("LAMP-1", "Desk lamp", 3995),
    ("LAMP-2", "Floor lamp", 8950),
    ("RUG-1", "Wool rug", 12900),
    ("MUG-4", "Four mugs", 2400),
    ("VASE-1", "Blue vase", 1850),
    ("CHAIR-1", "Oak chair", 14900),
    ("THROW-1", "Throw", 4500),
    ("CANDLE-6", "Six candles", 1200),
]
CHANNELS = [  # utm_source, utm_medium, utm_campaign
    ((None, None, None), 34),
    (("google", "organic", None), 28),
    (("google", "cpc", "lamps"), 14),
    (("newsletter", "email", "monthly"), 13),
    (("instagram", "social", None), 11),
]
SEARCHES = ["lamp", "rug", "gift", "mug", "chair"]
DEVICES = [("mobile", 60), ("desktop", 34), ("tablet", 6)]
PAYMENTS = [("iDEAL", 55), ("Shopify Payments", 30), ("Klarna", 15)]
FREE_SHIPPING_FROM, SHIPPING = 5000, 495
EVENTS = [
    "_fivetran_id", "_fivetran_synced", "name", "timestamp", "user_pseudo_id", "platform", "device_category",
    "batch_event_index", "param_engagement_time_msec", "param_page_location", "param_search_term",
    "collected_traffic_source_manual_source", "collected_traffic_source_manual_medium",
    "collected_traffic_source_manual_campaign_name", "ecommerce_transaction_id", "param_value", "param_currency",
]  # fmt: skip
ORDERS = [
    "Name", "Email", "Financial Status", "Paid at", "Currency", "Subtotal", "Shipping", "Taxes", "Total",
    "Discount Code", "Discount Amount", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price",
    "Lineitem sku", "Cancelled at", "Payment Method", "Source",
]  # fmt: skip
FUNNEL = ["view_item", "add_to_cart", "begin_checkout", "purchase"]


class Shop:
    def __init__(self):
        self.world = World("webshop", seed=11)
        self.visits, self.orders = [], []
        for number in range(135):
            self._person(number)
        # Order numbers follow time, whoever ordered.
        self.orders.sort(key=lambda order: order["at"])
        for number, order in enumerate(self.orders, start=1001):
            order["name"] = f"#{number}"
        self.visits.sort(key=lambda visit: (visit["at"], visit["cookie"]))

    def _person(self, number):
        chance = self.world.chance
        first, last = FIRST_NAMES[number % 20], LAST_NAMES[number // 20 + chance.below(12)]
        person = f"{first}.{last}.{number}@example.com".lower()
        cookies = [f"{number:03}.1"] + [f"{number:03}.2"] * chance.yes(0.2)
        day = FIRST_DAY + timedelta(days=chance.below(175))
        eagerness = chance.pick([0.1, 0.3, 0.6])
        while day <= LAST_DAY:
            # Visits of one day lie hours apart; the last one may reach beyond midnight.
            for hour in sorted({chance.weighted([(9, 3), (13, 4), (20, 5), (23, 1)]) for _ in range(1 + chance.yes(0.1))}):
                self._visit(person, chance.pick(cookies), instant(day, hour * 3600 + chance.between(1500, 3300)), eagerness)
            if chance.yes(0.45):
                break
            day += timedelta(days=chance.between(1, 24))

    def _visit(self, person, cookie, at, eagerness):
        chance = self.world.chance
        visit = {"cookie": cookie, "at": at, "device": chance.weighted(DEVICES), "events": []}
        visit["channel"] = chance.weighted(CHANNELS)
        self.visits.append(visit)

        def happens(name, page=None, **more):
            visit["events"].append({"name": name, "at": at, "page": page, **more})

        happens("session_start", "/")
        happens("page_view", "/")
        if chance.yes(0.3):
            return
        if chance.yes(0.25):
            at += timedelta(seconds=chance.between(5, 40))
            term = chance.pick(SEARCHES)
            happens("view_search_results", f"/search?q={term}", term=term)
        cart = []
        for _ in range(chance.between(1, 3)):
            at += timedelta(seconds=chance.between(15, 200))
            article = chance.pick(ARTICLES)
            page = f"/products/{article[0].lower()}"
            happens("page_view", page)
            happens("view_item", page)
            if chance.yes(eagerness):
                at += timedelta(seconds=chance.between(5, 60))
                happens("add_to_cart", page)
                cart.append(article)
        if not cart or chance.yes(0.2):
            return
        at += timedelta(seconds=chance.between(20, 90))
        happens("begin_checkout", "/checkout")
        if chance.yes(0.3):
            return
        at += timedelta(seconds=chance.between(40, 300))
        order = self._order(person, cart, at)
        happens("purchase", "/thanks", order=order)

    def _order(self, person, cart, at):
        chance = self.world.chance
        goods = sum(price for _, _, price in cart)
        discount = goods // 10 if chance.yes(0.15) else 0
        subtotal = goods - discount
        shipping = 0 if subtotal >= FREE_SHIPPING_FROM else SHIPPING
        order = {"email": person, "at": at, "cart": cart, "discount": discount, "subtotal": subtotal}
        # Prices hold 21 % tax.
        order |= {"shipping": shipping, "tax": (subtotal + shipping) * 21 // 121, "payment": chance.weighted(PAYMENTS)}
        # Cancelled before anything was paid: no order at all.
        order["cancelled"] = at + timedelta(hours=3) if chance.yes(0.05) else None
        self.orders.append(order)
        return order

    def write(self):
        self.world.csv("web/events.csv", EVENTS, self._event_rows())
        self.world.csv("shop/orders.csv", ORDERS, self._order_rows())

    def _event_rows(self):
        number = 0
        for visit in self.visits:
            for index, event in enumerate(visit["events"]):
                number += 1
                source, medium, campaign = visit["channel"] if index == 0 else (None, None, None)
                order = event.get("order")
                yield [
                    f"e{number}", utc(event["at"] + timedelta(hours=6)), event["name"], utc(event["at"]),
                    visit["cookie"], "WEB", visit["device"], index, 900 if event["name"] == "page_view" else None,
                    SITE + event["page"], event.get("term"), source, medium, campaign,
                    order and order["name"], order and cents(order["subtotal"]), order and "EUR",
                ]  # fmt: skip

    def _order_rows(self):
        for order in self.orders:
            paid = None if order["cancelled"] else offset(order["at"])
            head = [
                order["email"], "voided" if order["cancelled"] else "paid", paid, "EUR", cents(order["subtotal"]),
                cents(order["shipping"]), cents(order["tax"]), cents(order["subtotal"] + order["shipping"]),
                "WELCOME" if order["discount"] else None, cents(order["discount"]),
            ]  # fmt: skip
            tail = [order["cancelled"] and offset(order["cancelled"]), order["payment"], "web"]
            articles = Counter(order["cart"])
            for position, ((sku, name, price), quantity) in enumerate(articles.items()):
                first = position == 0
                yield [
                    order["name"], *(head if first else [order["email"]] + [None] * 9), offset(order["at"]),
                    quantity, name, cents(price), sku, *(tail if first else [None] * 3),
                ]  # fmt: skip

    def tell(self):
        self._tell_visits()
        self._tell_events()
        self._tell_pages()
        self._tell_checkout()
        self._tell_customers()

    def _tell_visits(self):
        days, seen = defaultdict(list), Counter()
        for visit in self.visits:
            seen[visit["cookie"]] += 1
            days[local_day(visit["at"])].append((visit, seen[visit["cookie"]] == 1))
        rows = []
        for day, visits in days.items():
            events = [event["name"] for visit, _ in visits for event in visit["events"]]
            rows.append([
                day,
                len({visit["cookie"] for visit, _ in visits}),
                len({visit["cookie"] for visit, is_new in visits if is_new}),
                len({visit["cookie"] for visit, is_new in visits if not is_new}),
                len(visits),
                len(events),
                events.count("page_view"),
                events.count("purchase"),
            ])
        self.world.figure(
            "visits of each local day, some of which begin before midnight of UTC and end after it",
            """select visit_date, visitor_count, new_visitor_count, returning_visitor_count, session_count,
            event_count, view_count, converted_session_count from marts.web_daily""",
            rows,
        )

    def _tell_events(self):
        devices, terms, sources = Counter(), Counter(), Counter()
        for visit in self.visits:
            devices[visit["device"]] += len(visit["events"])
            terms.update(event["term"] for event in visit["events"] if event.get("term"))
            sources[visit["channel"][:2]] += 1
        self.world.figure(
            "events of each device",
            "select device_category, count(*) from core.touchpoints where kind = 'event' group by device_category",
            devices.items(),
        )
        self.world.figure(
            "what was searched for",
            "select search_term, count(*) from core.touchpoints where search_term is not null group by search_term",
            terms.items(),
        )
        self.world.figure(
            "where visits came from",
            """select utm_source, utm_medium, count(*) from core.touchpoints where event_name = 'session_start'
            group by utm_source, utm_medium""",
            [[*source, count] for source, count in sources.items()],
        )

    def _tell_pages(self):
        """Visits that stay within a month; of the few over its midnight the pages are counted where they were seen."""
        counts = Counter()
        for visit in self.visits:
            views = [event for event in visit["events"] if event["name"] == "page_view"]
            start, end = (month(local_day(views[number]["at"])) for number in (0, -1))
            for view in views:
                counts[month(local_day(view["at"])), view["page"], "views"] += 1
            counts[start, views[0]["page"], "entrances"] += 1
            counts[start, views[0]["page"], "bounces"] += len(views) == 1
            counts[start, views[-1]["page"], "exits"] += 1
            assert start == end, "a visit over the midnight of a month would need a rule"
        pages = {(start, page) for start, page, _ in counts}
        self.world.figure(
            "views, entrances, exits and bounces of each page",
            "select period_start_date, page_path, view_count, entrance_count, exit_count, bounce_count from marts.page",
            [[*page, *(counts[*page, what] for what in ("views", "entrances", "exits", "bounces"))] for page in pages],
        )

    def _tell_checkout(self):
        reached = Counter()
        for visit in self.visits:
            names = [event["name"] for event in visit["events"]]
            for number, step in enumerate(FUNNEL, start=1):
                if step not in names:
                    break
                reached[month(local_day(visit["at"])), number, step] += 1
        self.world.figure(
            "visits that reached each step of the checkout, by the month in which an article was looked at",
            """select period_start_date, step_number, step, reached_count from marts.funnel_steps
            where funnel = 'checkout' and segment = 'all'""",
            [[*key, count] for key, count in reached.items()],
        )

    def _tell_customers(self):
        customers = defaultdict(list)
        for order in self.orders:
            if not order["cancelled"]:
                customers[order["email"]].append(order)
        rows = []
        for orders in customers.values():
            days = sorted({local_day(order["at"]) for order in orders})
            # Goods without the tax that their prices hold; the shop takes that of shipping off with it.
            value = sum(order["subtotal"] - order["tax"] for order in orders)
            rows.append([len(orders), Decimal(value).scaleb(-2), len(days) - 1, (days[-1] - days[0]).days,
                         (LAST_DAY - days[0]).days, days[0], days[-1]])
        self.world.figure(
            "what each customer bought; the rows are in no order, since only the pipeline names customers",
            """select order_count, order_value, frequency, recency_days, age_days, first_order_date,
            last_order_date from marts.customer_value""",
            rows,
        )
        kept = [order for order in self.orders if not order["cancelled"]]
        self.world.figure(
            "how orders were paid",
            "select payment_method, count(*) from core.orders group by payment_method",
            Counter(order["payment"] for order in kept).items(),
        )
        self.world.figure(
            "the step of a journey that each order is",
            "select event_name, stage, occurred_at from journeys.steps where kind = 'order'",
            [["order_placed", "do", f"{order['at']:%Y-%m-%dT%H:%M:%SZ}"] for order in kept],
        )
        self.world.figure(
            "a journey for every order, because each visitor's cookies lead to the address of the order",
            "select sum(transition_count) from marts.journey_map_edges where journey = 'purchase' and to_stage = '(converted)'",
            [[len(kept)]],
        )


def world():
    shop = Shop()
    shop.write()
    shop.tell()
    return shop.world
