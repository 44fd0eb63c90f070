"""What is known of a model's server: its address, what it can do, what it costs."""

from typing import Literal, TypeAlias

import msgspec

from features.llm.errors import Usage

Structured: TypeAlias = Literal["json_schema", "json_object", "strict_tool", "none"]
"""How a server can be held to a shape. DeepSeek: `json_object`, or `strict_tool` at its beta
address; vLLM, SGLang and llama.cpp: `json_schema`."""


class Prices(msgspec.Struct, frozen=True):
    """USD for a million tokens: prompt from the provider's cache, other prompt, completion."""

    hit: float = 0.0
    miss: float = 0.0
    completion: float = 0.0


class Tariff(msgspec.Struct, frozen=True):
    """Prices, and those of the peak hours (UTC, Monday to Friday) if they differ.

    `peak_hours` are half-open pairs. Public holidays are not known: a day off costs less than
    recorded, never more.
    """

    prices: Prices = Prices()
    peak: Prices | None = None
    peak_hours: tuple[tuple[int, int], ...] = ()

    def at(self, now: float) -> Prices:
        """The prices at `now`, seconds since 1970 UTC."""
        days, seconds = divmod(int(now), 86_400)
        workday = (days + 3) % 7 < 5  # 1970-01-01 was a Thursday
        if self.peak is None or not workday:
            return self.prices
        hour = seconds // 3600
        return self.peak if any(a <= hour < b for a, b in self.peak_hours) else self.prices


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """A server that speaks `POST /chat/completions`, and the model to ask there.

    `thinking_switch`: the server knows `"thinking": {"type": "disabled"}`, which must be sent
    since thinking is on by default. `user` is one constant for all requests: one per customer
    would destroy the provider's prefix cache, and would tell it who our customers are.
    """

    endpoint: str
    model: str
    structured: Structured = "json_object"
    thinking_switch: bool = False
    user: str | None = None
    tariff: Tariff = Tariff()


def deepseek(
    model: str = "deepseek-flash", endpoint: str = "https://api.deepseek.com"
) -> Backend:
    """DeepSeek's API with the list prices of November 2026; they change, so configure them."""
    flash = Tariff(
        Prices(hit=0.003, miss=0.15, completion=0.60),
        Prices(hit=0.006, miss=0.30, completion=1.20),
        ((1, 4), (6, 10)),
    )
    return Backend(
        endpoint=endpoint, model=model, thinking_switch=True, user="riskstream", tariff=flash
    )


def price(usage: Usage, prices: Prices) -> Usage:
    """The usage with its cost. USD for a million tokens is 1,000 nano-USD for one."""
    miss = max(0, usage.prompt - usage.hit)
    cost = usage.hit * prices.hit + miss * prices.miss + usage.completion * prices.completion
    return msgspec.structs.replace(usage, cost=round(cost * 1000))
