// RUN: not arhat-opt %s 2>&1 | filecheck %s --check-prefix=REFUSED
// RUN: arhat-opt %s --allow-unregistered-dialect | filecheck %s

// REFUSED: unregistered.mlir:8:3: error: op 'other.op' is not registered

func.func @main() {
  // CHECK: %0 = "other.op"() {a = #other.attribute<1>} : () -> i32
  %0 = "other.op"() {a = #other.attribute<1>} : () -> i32
  func.return
}
