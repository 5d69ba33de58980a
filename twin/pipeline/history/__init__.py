"""What was: samples, estimates and beliefs of any machine at any time, as one looks at them."""
