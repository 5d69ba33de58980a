"""A hall of two lines at two sites with one mill, as text of a plant file without its [plant]."""

__all__ = ["HALL"]

HALL = """
[[site]]
id = "north"
[[site]]
id = "south"
[[line]]
id = "a"
site = "north"
[[line]]
id = "b"
site = "south"
[[machine]]
id = "mill-1"
class = "mill"
line = "a"
[[class.mill.sensor]]
id = "temp_degc"
normal = [20, 60]
[class.mill]
period_s = 60
"""
"""It ends in the table of the class: more keys of that may follow."""
