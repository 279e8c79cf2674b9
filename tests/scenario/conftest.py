"""What the tests of scenarios share."""

import sys
from pathlib import Path

# What becomes of a scenario's customers is told by a helper of the stories of habits.
sys.path.insert(0, str(Path(__file__).parents[1] / "custom"))
