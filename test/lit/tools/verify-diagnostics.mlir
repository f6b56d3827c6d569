// Expected errors that come make a good run; the rest of the file is still printed.

// RUN: arhat-opt %s --split-input-file --verify-diagnostics -p cse | filecheck %s

// CHECK: func.func @good
func.func @good() {
  func.return
}

// -----

func.func @two(%a: i32) -> i64 {
  // expected-error@+1 {{expected [i64], got [i32]}}
  func.return %a : i32
}
func.func @three(%a: i32) -> i64 {
  func.return %a : i32
  // expected-error-re@-1 {{expected [i64], got [{{i[0-9]+}}]}}
}

// -----

// Lines with expectations do not count for above and below.
func.func @four(%a: i32, %b: i32) -> i64 {
  // expected-error@below {{expected [i64], got [i32]}}
  func.return %a : i32
}
