"""The rulebook: small scalar functions on integers and enumerations, each naming its rule."""
