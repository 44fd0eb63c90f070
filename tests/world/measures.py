"""The measurements: how separable a world's fraud is, by what, and what must not tell it."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache

import lightgbm
import numpy as np
from columns import Table
from history import EVENT_ONLY, Values
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

WARM_DAYS = 45  # before that "new payee" only means that the world is young
FEW = 150  # frauds without which a share of them says nothing
WORDS = (
    "fee", "refund", "urgent", "release", "deposit", "security", "verif", "customs", "safe",
    "unlock", "gift card", "final notice", "overdue", "crypto", "wallet", "invest", "loan",
    "gebühr", "dringend", "kaution", "frais", "caution", "fianza", "tasa", "spese", "opłata",
    "borg",
)  # fmt: skip


def auc(truth: np.ndarray, value: np.ndarray) -> float:
    """The area under the curve, whichever way the value points."""
    area = float(roc_auc_score(truth, value))
    return max(area, 1 - area)


def boosted(
    table: Table, values: Values, names: Sequence[str], trees: int = 300
) -> tuple[np.ndarray, np.ndarray]:
    """Train on the first half after the warm-up, score the second: (rows, scores)."""
    cut = WARM_DAYS + (table.day.max() + 1 - WARM_DAYS) * 0.55
    train = np.flatnonzero((table.day >= WARM_DAYS) & (table.day < cut))
    rows = np.flatnonzero(table.day >= cut)
    matrix = np.column_stack([values[name] for name in names]).astype(np.float32)
    settings = {
        "objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 40,
        "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5,
        "seed": 1, "num_threads": 1, "verbose": -1,
    }  # fmt: skip
    data = lightgbm.Dataset(matrix[train], table.fraud[train])
    return rows, lightgbm.train(settings, data, trees).predict(matrix[rows])


def models(table: Table, values: Values) -> tuple[dict[str, float], dict[str, tuple[int, int]]]:
    """Both models' figures; frauds found and all, by kind, at 1 % of false alarms."""
    rows, scores = boosted(table, values, EVENT_ONLY, 150)
    found = {"event only: AP": average_precision_score(table.fraud[rows], scores)}
    rows, scores = boosted(table, values, tuple(values))
    fraud = table.fraud[rows]
    high, usual = np.quantile(scores[~fraud], [0.999, 0.99])
    found |= {
        "strong model: AUC": float(roc_auc_score(fraud, scores)),
        "strong model: AP": float(average_precision_score(fraud, scores)),
        "strong model: recall at 0.1 % false": float((scores[fraud] > high).mean()),
    }
    kinds = {
        kind: (int((scores[of] > usual).sum()), int(of.sum()))
        for kind in np.unique(table.fraud_kind[rows][fraud])
        if (of := table.fraud_kind[rows] == kind).any()
    }
    return found, kinds


def marginals(table: Table) -> dict[str, float]:
    """Shares and middles against the published ones."""
    kind = table.strings(lambda p: p.kind)
    units = table.cents / 100
    night = (table.seconds % 86_400 < 6 * 3_600)[~table.fraud]
    return {
        "share of cards and cash": float(np.isin(kind, ["card", "cash"]).mean()),
        "share of transfers": float((kind == "transfer").mean()),
        "share of debits": float((kind == "direct_debit").mean()),
        "mean card payment": float(units[kind == "card"].mean()),
        "median transfer": float(np.median(units[kind == "transfer"])),
        "genuine payments at night": float(night.mean()),
    }


NAMED = ("channel", "kind", "category", "payee country")
"""Values without an order of their own."""


def ordered(table: Table, codes: np.ndarray) -> np.ndarray:
    """The codes by their rate of fraud, as another half of the payers shows it."""
    half = table.payer % 2 == 0
    result = np.zeros(len(codes))
    for learnt, used in ((half, ~half), (~half, half)):
        every = np.bincount(codes[learnt], minlength=codes.max() + 1)
        bad = np.bincount(codes[learnt & table.fraud], minlength=codes.max() + 1)
        result[used] = ((bad + 0.5) / (every + 100))[codes[used]]
    return result


def single_values(table: Table, values: Values) -> dict[str, tuple[float, str]]:
    """The best single value: over all, and within each way to pay that has enough fraud."""
    warm = table.day >= WARM_DAYS
    way = table.strings(lambda p: "shop" if p.channel == "pos" else p.kind)
    scopes = {"all": warm, **{name: warm & (way == name) for name in np.unique(way)}}
    values = {n: ordered(table, v.astype(int)) if n in NAMED else v for n, v in values.items()}
    best = {}
    for name, scope in scopes.items():
        if table.fraud[scope].sum() >= FEW:
            found = [(auc(table.fraud[scope], values[v][scope]), v) for v in values]
            best[name] = max(found)
    return best


def telling_value(table: Table) -> tuple[float, str]:
    """The highest share of fraud among the payments that have one value in common."""
    fields = {
        "channel": lambda p: p.channel,
        "status": lambda p: p.status,
        "category": lambda p: p.merchant and p.merchant.category,
        "payee country": lambda p: p.payee.country,
        "device country": lambda p: p.device and p.device.country,
        "amount": lambda p: p.amount,
        "hour": lambda p: p.time[11:13],
        "second": lambda p: p.time[17:19],
        "memo": lambda p: p.memo,
        "payee": lambda p: p.payee.id,
    }
    worst = (0.0, "")
    tested = table.fraud & (table.fraud_kind != "card_testing")  # one shop, one sum: by nature
    frauds = [table.payments[place] for place in np.flatnonzero(tested)]
    for name, take in fields.items():
        every, bad = Counter(map(take, table.payments)), Counter(map(take, frauds))
        share, value = max((bad[v] / n, str(v)) for v, n in every.items() if n >= 50)
        worst = max(worst, (share, f"{name} {value}"))
    return worst


def shape(table: Table, place: int) -> str:
    """A memo's pattern: without digits, capitals and the names of those who take part."""
    payment = table.payments[place]
    text = (payment.memo or "").lower()
    payer = table.name(int(payment.payer.id[1:]) - 1)
    for whole in (payment.payee.name.lower(), payer.lower()):
        for name in (whole, *whole.split()):
            if len(name) > 2:
                text = text.replace(name, "@")
    return re.sub(r"\d", "9", text)


def memos(table: Table) -> dict[str, float]:
    """What memos alone tell of fraud, within transfers."""
    kind = table.strings(lambda p: p.kind)
    rows = np.flatnonzero(kind == "transfer")
    fraud = table.fraud[rows]
    texts = [(table.payments[place].memo or "").lower() for place in rows]
    shapes = [shape(table, place) for place in rows]
    listed = np.array([sum(word in text for word in WORDS) for text in texts])
    genuine = {form for form, bad in zip(shapes, fraud, strict=True) if not bad}
    bad_shapes = [form for form, bad in zip(shapes, fraud, strict=True) if bad and form]
    return {
        "memo: word list, AUC": auc(fraud, listed),
        "memo: character n-grams, AUC": _grams(texts, shapes, fraud),
        "memo: fraud texts also genuine": float(np.mean([f in genuine for f in bad_shapes])),
    }


def _grams(texts: Sequence[str], shapes: Sequence[str], fraud: np.ndarray) -> float:
    """Split by pattern: no text of the test has its like in the training."""
    group = np.array([sum(form.encode()) % 5 for form in shapes])
    matrix = HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), n_features=2**17
    ).transform(texts)
    scores = np.zeros(len(texts))
    for fold in range(5):
        test = group == fold
        model = SGDClassifier(
            loss="log_loss", alpha=1e-5, class_weight="balanced", random_state=1
        )
        model.fit(matrix[~test], fraud[~test])
        scores[test] = model.decision_function(matrix[test])
    return float(roc_auc_score(fraud, scores))


def metadata(table: Table) -> float:
    """AUC of a model on what has no meaning, within equal kind and channel.

    Without card testing: a burst from one device at one shop within minutes is what it is.
    """
    word = np.array([int(payment.id, 16) for payment in table.payments], dtype=np.uint64)
    payments = table.payments
    devices = [payment.device.id if payment.device else "d0" for payment in payments]
    values = {
        "id high": (word >> np.uint64(48)).astype(float),
        "id low": (word & np.uint64(0xFFFF)).astype(float),
        "row": np.arange(len(word)) % 10_000,
        "milliseconds": table.strings(lambda p: p.time[20:23]).astype(float),
        "seconds": table.seconds % 60,
        "minutes": table.seconds // 60 % 60,
        "length of ids": np.array([len(p.id) + len(p.payer.id) for p in payments]),
        "length of payee id": np.array([len(p.payee.id) for p in payments]),
        "length of device id": np.array([len(device) for device in devices]),
        "key order": np.array([small(list_keys(line)) for line in table.lines]),
        "payee digit": np.array([int(p.payee.id[-2:], 16) for p in payments]),
        "device digit": np.array([int(device[-1], 16) for device in devices]),
    }
    rows, scores = boosted(table, values, tuple(values), 60)
    stratum = table.codes(lambda p: (p.kind, p.channel, p.device is None, p.memo is None))[rows]
    pairs = weighted = 0.0
    for one in np.unique(stratum):
        inside = stratum == one
        inside &= table.fraud_kind[rows] != "card_testing"
        bad = table.fraud[rows][inside]
        if 0 < bad.sum() < len(bad):
            weight = float(bad.sum())
            pairs += weight
            weighted += weight * float(roc_auc_score(bad, scores[inside]))
    return weighted / pairs


def list_keys(line: str) -> str:
    """The names of a line's fields, in their order."""
    return ",".join(re.findall(r'"(\w+)":', line))


@cache
def small(text: str) -> int:
    """A small number for a text, the same in every run."""
    return sum(place * code for place, code in enumerate(text.encode(), 1)) % 65_521


def segments(table: Table) -> tuple[float, str]:
    """The most that fraud is denser in one segment of payers than in its kind as a whole."""
    people, payer = table.people, table.payer
    kinds = table.strings(lambda p: p.kind)
    parts = {
        "business": people.business.astype(int)[payer],
        "age": (people.age // 15)[payer],
        "rail": people.rail[payer],
        "language": people.language[payer],
    }
    worst: tuple[float, str] = (0.0, "")
    for kind in np.unique(kinds):
        inside = kinds == kind
        if table.fraud[inside].sum() < FEW:
            continue
        mean = table.fraud[inside].mean()
        for name, part in parts.items():
            counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
            for value, fraud in zip(part[inside], table.fraud[inside], strict=True):
                counts[int(value)][0] += 1
                counts[int(value)][1] += bool(fraud)
            for value, (every, bad) in counts.items():
                if every >= 1_000:
                    worst = max(worst, (bad / every / mean, f"{kind}: {name} {value}"))
    return worst


def planted(table: Table) -> float:
    """AUC of "truth and noise" as a single value: the tests must see such a leak."""
    noise = np.sin(np.arange(len(table.fraud)) * 12.9898) * 43_758.5453 % 1  # any fixed noise
    return auc(table.fraud, table.fraud * 0.5 + noise)
