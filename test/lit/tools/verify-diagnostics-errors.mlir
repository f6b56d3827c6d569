// What is expected and does not come, and what comes unexpected, makes a bad run.

// RUN: not arhat-opt %s --split-input-file --verify-diagnostics 2>&1 | filecheck %s

// CHECK: {{.*}}verify-diagnostics-errors.mlir:8: error: expected error {{[{][{]}}nothing of the kind{{[}][}]}} was not produced
// CHECK-NEXT: {{.*}}verify-diagnostics-errors.mlir:15: error: unexpected error: 'func.return' op Expected arguments
func.func @good() {
  func.return  // expected-error {{nothing of the kind}}
}

// -----

func.func @wrong_line(%a: i32) -> i64 {
  // expected-error@-1 {{Expected arguments}}
  func.return %a : i32
}

// CHECK-NEXT: {{.*}}verify-diagnostics-errors.mlir:14: error: expected error {{.*}} was not produced
// -----

// One expectation is met by one error.
// CHECK-NEXT: {{.*}}verify-diagnostics-errors.mlir:25: error: expected error {{.*}} was not produced
func.func @twice(%a: i32) -> i64 {
  // expected-error@+2 {{Expected arguments}}
  // expected-error@+1 {{Expected arguments}}
  func.return %a : i32
}
// CHECK-NOT: error
