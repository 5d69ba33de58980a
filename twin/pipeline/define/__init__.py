"""A class of machines defined from a file of its readings: look, say what is what, see its twin.

profile_of(path, zone)              what each column seems to be
definition.machine_class()          the class, checked as the plant file would be
preview(...)                        the twin fitted to the file, and how well it follows it
add_class(...)                      into the plant file and the folder of models
"""

from twin.pipeline.define.definition import Column, Definition, parse_definition
from twin.pipeline.define.preview import preview
from twin.pipeline.define.profile import profile_of
from twin.pipeline.define.saving import Saved, add_class, fragment, is_in_force, take_back

__all__ = [
    "Column",
    "Definition",
    "Saved",
    "add_class",
    "fragment",
    "is_in_force",
    "parse_definition",
    "preview",
    "profile_of",
    "take_back",
]
