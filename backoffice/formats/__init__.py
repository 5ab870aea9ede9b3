"""How dates are written: no reader has to guess which number is the month, and controls speak ISO."""
