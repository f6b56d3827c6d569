// RUN: arhat-opt %s -p dce | filecheck %s

// Operations are pure: what nobody uses goes, with what only it used.
// CHECK-LABEL: func.func @dead
// CHECK-NEXT: [[Y:%.*]] = arhat.relu(%x) {arhat.layers = [#arhat.layer<"relu", 1>]}
// CHECK-NEXT: func.return [[Y]]
func.func @dead(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = arhat.relu(%x) {arhat.layers = [#arhat.layer<"relu", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = arhat.constant() {value = #arhat.weight<"model"::"c@0">} : () -> tensor<4xf32>
  %2 = arhat.multiply(%0, %1) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = arhat.exp(%2) : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
