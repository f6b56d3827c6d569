"""Places of ops in the text."""

import pytest
from xdsl.dialects import func

from arhat.driver.registry import make_context
from arhat.driver.source import Chunk, decode, location_of, parse_module, split_chunks
from arhat.driver.verify import MAX_ERRORS, verify_module
from arhat.errors import UserError, UserErrors

TEXT = """\
// a comment
builtin.module {
  func.func @f(%a: i32) {
    %b, %c = "test.op"(%a) ({
      "test.inner"() : () -> ()
    }) : (i32) -> (i32, i32)
    "test.located"() : () -> () loc("model.xml":7:9)
    func.return
  }
}
"""


def test_every_op_has_its_place() -> None:
    module = parse_module(make_context(allow_unregistered=True), Chunk(TEXT, 10), "f.mlir")
    places = [location_of(op) for op in module.walk()]
    assert places == [
        ("f.mlir", 12, 1),
        ("f.mlir", 13, 3),
        ("f.mlir", 14, 5),
        ("f.mlir", 15, 7),
        ("model.xml", 7, 9),
        ("f.mlir", 18, 5),
    ]
    made_by_a_pass = func.ReturnOp()
    assert location_of(made_by_a_pass) is None


def test_chunks_keep_their_lines() -> None:
    text = "a\nb\n// -----\nc\n  // -----\n// ----- x\n// -----  \nd"
    chunks = list(split_chunks(text))
    assert chunks == [Chunk("a\nb\n", 0), Chunk("c\n  // -----\n// ----- x\n", 3), Chunk("d", 7)]


def test_not_utf8() -> None:
    with pytest.raises(UserError, match="f:3: error: this is not UTF-8 text"):
        decode(b"a\nb\n\xff", "f")


@pytest.mark.parametrize(
    "text",
    [
        '"', "%", "%0", "%0 =", "func.func", "func.func @f(", "func.func @f() {", "builtin.module {", "}", "#a = ",
        "!t = !t", "builtin.module attributes {a = dense<[1,[2]]> : tensor<2xi32>} {}", "\x00", "func.func @f() -> (",
        'func.func @f(%a: tensor<-1xf32>)', 
        'builtin.module attributes {a = dense<"0xZZ"> : tensor<2xi32>} {}',
        'builtin.module attributes {a = dense<300> : tensor<2xi8>} {}',
        "builtin.module attributes {a = array<i8: 999>} {}", "builtin.module attributes {a = 1e999 : f32} {}",
        "^bb0:", "builtin.module attributes {a = #arhat.layer<1>} {}", "%0 = arhat.relu(%0)", "builtin.module {}}",
        "builtin.module attributes {a = #arhat.weight<>} {}", "{-# #-}", "{-# dialect_resources: { a: {} } #-}",
        "builtin.module attributes {a = affine_map<(d0)>} {}", 'builtin.module attributes {a = "\\ZZ"} {}',
    ],
)  # fmt: skip
def test_bad_text_is_one_error_with_a_place(text: str) -> None:
    with pytest.raises(UserError) as caught:
        verify_module(parse_module(make_context(), Chunk(text), "f.mlir"))
    first = caught.value.errors[0] if isinstance(caught.value, UserErrors) else caught.value
    assert str(first).startswith("f.mlir:1:")
    assert "\n" not in str(first).partition("\nnote: ")[0]


def test_a_string_that_is_not_closed_takes_no_time() -> None:
    text = 'builtin.module attributes {a = "' + "x" * 10_000 + "\n"
    with pytest.raises(
        UserError, match=r"f\.mlir:1:32: error: End of file reached before closing string literal"
    ):
        parse_module(make_context(), Chunk(text), "f.mlir")
    ok = 'builtin.module attributes {a = "\\0A\\n\\t\\"\\\\ \\FF", b = ""} {}'
    assert parse_module(make_context(), Chunk(ok), "f.mlir").attributes.keys() == {"a", "b"}


def test_errors_are_many_but_not_endless() -> None:
    bad = "".join(f"func.func @f{i}() -> i32 {{\n  func.return\n}}\n" for i in range(MAX_ERRORS + 5))
    module = parse_module(make_context(), Chunk(bad), "f.mlir")
    with pytest.raises(UserErrors) as caught:
        verify_module(module)
    assert len(caught.value.errors) == MAX_ERRORS
    assert [error.line for error in caught.value.errors] == [2 + 3 * i for i in range(MAX_ERRORS)]
