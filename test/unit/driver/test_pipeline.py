"""Parsing and resolving the text of pipelines."""

from dataclasses import dataclass

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from arhat.driver.pipeline import Nest, Resolver, print_pipeline
from arhat.errors import UserError


@dataclass(frozen=True)
class APass(ModulePass):
    name = "a"

    number: int = 3
    ratio: float = 0.5
    flag: bool = False
    words: tuple[str, ...] = ()
    maybe: int | None = None

    def apply(self, ctx: Context, op: ModuleOp) -> None: ...


@dataclass(frozen=True)
class BPass(ModulePass):
    name = "b-c"

    needed: str

    def apply(self, ctx: Context, op: ModuleOp) -> None: ...


PIPELINES = {
    "twice": "a,a{number=4}",
    "nested": "func.func(twice),b-c{needed=x}",
    "loop": "a,other-loop",
    "other-loop": "loop",
    "broken": "a,nothing",
}
RESOLVER = Resolver({"a": lambda: APass, "b-c": lambda: BPass}, PIPELINES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "builtin.module()"),
        ("builtin.module()", "builtin.module()"),
        (" a , b-c{ needed=x } ", 'builtin.module(a,b-c{needed="x"})'),
        ("builtin.module( a{number=-7 ratio=2} )", "builtin.module(a{number=-7 ratio=2.0})"),
        ("a{ratio=1e-3 flag}", "builtin.module(a{ratio=0.001 flag=true})"),
        ("a{flag=true words=x,y,z}", 'builtin.module(a{flag=true words="x","y","z"})'),
        ('a{words="two words",data/x.json}', 'builtin.module(a{words="two words","data/x.json"})'),
        ("a{maybe=2}", "builtin.module(a{maybe=2})"),
        ("twice", "builtin.module(a,a{number=4})"),
        ("func.func(a,scf.for(a)),a", "builtin.module(func.func(a,scf.for(a)),a)"),
        ("nested", 'builtin.module(func.func(a,a{number=4}),b-c{needed="x"})'),
    ],
)
def test_resolves(text: str, expected: str) -> None:
    printed = print_pipeline(RESOLVER.resolve(text))
    assert printed == expected
    assert print_pipeline(RESOLVER.resolve(printed)) == printed


def test_option_values() -> None:
    (one,) = RESOLVER.resolve("a{number=1 ratio=1 words=w}")
    assert one == APass(number=1, ratio=1.0, words=("w",))
    assert isinstance(one, APass) and isinstance(one.ratio, float)


def test_nesting() -> None:
    (nest,) = RESOLVER.resolve("func.func(a)")
    assert nest == Nest("func.func", (APass(),))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a,,a", 3, "a pass name is expected here"),
        ("a b", 3, "',' or the end is expected here"),
        ("a)", 2, "',' or the end is expected here"),
        ("f.f(a", 6, "',' or ')' is expected here"),
        ("a{", 3, "an option name or '}' is expected here"),
        ("a{number=}", 10, "a value is expected here"),
        ("a{number=1 number=2}", 18, "option 'number' is given twice"),
        (r'a{words="\q"}', 9, r'"\q" is not a valid string'),
        ("a,aa", 3, "unknown pass 'aa'; did you mean 'a'?"),
        ("a{numbr=1}", 1, "pass 'a' has no option 'numbr'; did you mean 'number'?"),
        ("a{number=1,2}", 1, "option 'number' of pass 'a' takes int, not 1,2"),
        ("a{number=1.5}", 1, "option 'number' of pass 'a' takes int, not 1.5"),
        ("a{number}", 1, "option 'number' of pass 'a' takes int, not nothing"),
        ("b-c", 1, "pass 'b-c' needs option 'needed'"),
        ("b-c{needed=1}", 1, "option 'needed' of pass 'b-c' takes str, not 1"),
    ],
)
def test_errors_point_into_the_text(text: str, column: int, message: str) -> None:
    with pytest.raises(UserError) as caught:
        RESOLVER.resolve(text)
    assert str(caught.value).startswith(f"pass-pipeline:1:{column}: error: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("twice{number=1}", "error: 'twice' is a named pipeline, which takes no options"),
        ("loop", "error: the named pipeline 'loop' contains itself"),
        ("broken", "pipeline broken:1:3: error: unknown pass 'nothing'"),
        ("f(a)", "error: 'f(...)': the name of an op is expected, like func.func(...)"),
    ],
)
def test_errors_of_names(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        RESOLVER.resolve(text)
    assert str(caught.value) == message


def test_a_pass_whose_package_is_broken() -> None:
    def broken() -> type[ModulePass]:
        raise ImportError("no module named 'absent'")

    with pytest.raises(UserError, match="pass 'x' cannot be loaded: no module named 'absent'"):
        Resolver({"x": broken}, {}).resolve("x")
