"""What SQL says badly: survival, renewal curves, intervals, running dry, revenue, sizing."""
