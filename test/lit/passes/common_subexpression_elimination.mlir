// RUN: arhat-opt %s -p common-subexpression-elimination | filecheck %s
// RUN: arhat-opt %s -p cse | filecheck %s --check-prefix=STOCK

// The same weight read twice, and the same op on it: one of each, with the layers of all.
// xDSL's own cse sees different attributes and leaves both; it loses no layer.
// CHECK-LABEL: func.func @same
// CHECK-NEXT: [[C:%.*]] = arhat.constant() {value = #arhat.weight<"model"::"c@0">, arhat.layers = [#arhat.layer<"c", 1>, #arhat.layer<"d", 2>]}
// CHECK-NEXT: [[E:%.*]] = arhat.exp([[C]]) {arhat.layers = [#arhat.layer<"a", 3>, #arhat.layer<"b", 4>]}
// CHECK-NEXT: arhat.add([[E]], [[E]])
// STOCK-LABEL: func.func @same
// STOCK: #arhat.layer<"c", 1>
// STOCK: #arhat.layer<"d", 2>
// STOCK: #arhat.layer<"a", 3>
// STOCK: #arhat.layer<"b", 4>
func.func @same() -> tensor<4xf32> {
  %0 = arhat.constant() {value = #arhat.weight<"model"::"c@0">, arhat.layers = [#arhat.layer<"c", 1>]} : () -> tensor<4xf32>
  %1 = arhat.constant() {value = #arhat.weight<"model"::"c@0">, arhat.layers = [#arhat.layer<"d", 2>]} : () -> tensor<4xf32>
  %2 = arhat.exp(%0) {arhat.layers = [#arhat.layer<"a", 3>]} : (tensor<4xf32>) -> tensor<4xf32>
  %3 = arhat.exp(%1) {arhat.layers = [#arhat.layer<"b", 4>]} : (tensor<4xf32>) -> tensor<4xf32>
  %4 = arhat.add(%2, %3) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return %4 : tensor<4xf32>
}

// Another property, another operand, another type: not the same.
// CHECK-LABEL: func.func @different
// CHECK-COUNT-2: arhat.elu(%x)
// CHECK: arhat.elu(%y)
// CHECK-COUNT-2: arhat.constant()
// CHECK: func.return
func.func @different(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>) {
  %0 = arhat.elu(%x) {alpha = 1.0} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = arhat.elu(%x) {alpha = 2.0} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = arhat.elu(%y) {alpha = 1.0} : (tensor<4xf32>) -> tensor<4xf32>
  %3 = arhat.constant() {value = #arhat.weight<"model"::"c@0">} : () -> tensor<4xf32>
  %4 = arhat.constant() {value = #arhat.weight<"model"::"c@0">} : () -> tensor<2x2xf32>
  func.return %0, %1, %2, %3, %4 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>
}
