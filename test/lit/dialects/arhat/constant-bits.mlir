// Floats that xDSL's own text would not read back are printed as the bytes that they are.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @awkward_floats(
// CHECK-NEXT: %0 = arhat.constant() {value = dense<"0x0000807F000080FF0000804BCAF24971"> : tensor<4xf32>} : () -> tensor<4xf32>
func.func @awkward_floats() {
  %0 = arhat.constant() {value = dense<"0x0000807F000080FF0000804BCAF24971"> : tensor<4xf32>} : () -> tensor<4xf32>
  func.return
}
