"""A forecast of a book, simulated through the rules from its last day on, and how good it is."""

from .backtest import Backtest, backtest
from .forecast import Forecast, forecast

__all__ = ["Backtest", "Forecast", "backtest", "forecast"]
