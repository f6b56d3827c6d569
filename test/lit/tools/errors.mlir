// Errors name file, line and column, on one line, and the module is not printed.

// RUN: not arhat-opt %s --split-input-file 2>&1 | filecheck %s
// CHECK: {{.*}}errors.mlir:11:1: error: op 'arith.ad' is not registered
// CHECK-NEXT: {{.*}}errors.mlir:14:1: error: op 'foo.bar' is not registered
// CHECK-NEXT: {{.*}}errors.mlir:18:3: error: 'func.return' op Expected arguments to have the same types as the function output types: expected [i64], got [i32]
// CHECK-NEXT: {{.*}}errors.mlir:23:13: error: %x is not defined
// CHECK-NEXT: {{.*}}errors.mlir:23:17: error: %y is not defined
// CHECK-NEXT: {{.*}}errors.mlir:30:6: error: End of file reached before closing string literal.

arith.ad
// -----

%0 = foo.bar
// -----

func.func @wrong_type(%a: i32) -> i64 {
  func.return %a : i32
}
// -----

func.func @undefined() -> (i32, i32) {
  "test.op"(%x, %y) : (i32, i32) -> ()
}
// -----

// Good parts are not printed as errors.
func.func @good()
// -----
%0 = "
