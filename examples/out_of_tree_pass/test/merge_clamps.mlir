// RUN: arhat-opt %s -p merge-clamps | filecheck %s
// RUN: arhat-opt %s -p 'merge-clamps{relu=true}' | filecheck %s --check-prefix=RELU

// CHECK-LABEL: func.func @clamps
// RELU-LABEL: func.func @clamps
func.func @clamps(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %{{.*}} = arhat.clamp(%x) {min = 0.0, max = 4.0, arhat.layers = [#arhat.layer<"a", 1>, #arhat.layer<"b", 2>]}
  %a = arhat.clamp(%x) {min = -1.0, max = 4.0, arhat.layers = [#arhat.layer<"a", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
  %b = arhat.clamp(%a) {min = 0.0, max = 6.0, arhat.layers = [#arhat.layer<"b", 2>]} : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT: func.return
  func.return %b : tensor<4xf32>
}

// CHECK-LABEL: func.func @relu
// RELU-LABEL: func.func @relu
func.func @relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: arhat.relu
  // CHECK-NEXT: arhat.clamp
  // RELU-NEXT: %{{.*}} = arhat.clamp(%x) {min = 0.0, max = 6.0}
  %a = arhat.relu(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = arhat.clamp(%a) {min = -6.0, max = 6.0} : (tensor<4xf32>) -> tensor<4xf32>
  // RELU-NEXT: func.return
  func.return %b : tensor<4xf32>
}
