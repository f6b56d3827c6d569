// Passes can be named flat, nested in ops, and through named pipelines.

// RUN: arhat-opt %s -p cse,dce | filecheck %s --check-prefix=ALL
// RUN: arhat-opt %s --pass-pipeline 'builtin.module(cse,dce)' | filecheck %s --check-prefix=ALL
// RUN: arhat-opt %s --passes=cse --passes=dce | filecheck %s --check-prefix=ALL
// RUN: arhat-opt %s --pass-pipeline 'builtin.module(func.func(cse, dce))' | filecheck %s --check-prefix=FUNC
// RUN: arhat-opt %s --dump-pass-pipeline -p 'fold-constants{growth=2}' 2>&1 | filecheck %s --check-prefix=DUMP

// ALL-LABEL: func.func @first
// ALL-NEXT: %one = arith.constant 1 : i32
// ALL-NEXT: func.return %one
// FUNC-LABEL: func.func @first
// FUNC-NEXT: %one = arith.constant 1 : i32
// FUNC-NEXT: func.return %one
func.func @first() -> i32 {
  %one = arith.constant 1 : i32
  %unused = arith.constant 2 : i32
  func.return %one : i32
}

// Only what is inside a function is reached from func.func(...).
// ALL-NOT: arith.constant 3
// FUNC: arith.constant 3
builtin.module {
  %three = arith.constant 3 : i32
}

// The order of functions is kept.
// ALL: func.func @second
// FUNC: func.func @second
func.func @second() {
  func.return
}

// Options are printed as they were understood: an integer given for a float is a float.
// DUMP: builtin.module(fold-constants{growth=2.0})
