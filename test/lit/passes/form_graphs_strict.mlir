// RUN: arhat-opt %s -p form-graphs | filecheck %s

// In strict f32 engines add the residual before the bias: the two nodes change places, with their layers. The layer after
// the ReLU stays loose.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[Y:%.*]] = cudnn.graph(%x, %w, %r, %b) {arhat.layers = [#arhat.layer<"conv", 1>, #arhat.layer<"sum", 3>, #arhat.layer<"bias", 2>, #arhat.layer<"relu", 4>], math = "strict"} ({
// CHECK-NEXT: ^bb0([[X:%.*]]: tensor<1x8x4x4xf32>, [[W:%.*]]: tensor<8x8x1x1xf32>, [[R:%.*]]: tensor<1x8x4x4xf32>, [[B:%.*]]: tensor<1x8x1x1xf32>):
// CHECK-NEXT:   [[C:%.*]] = cudnn.conv_fprop([[X]], [[W]])
// CHECK-NEXT:   [[D:%.*]] = cudnn.pointwise([[C]], b = [[R]]) {mode = "add", arhat.layers = [#arhat.layer<"sum", 3>]}
// CHECK-NEXT:   [[E:%.*]] = cudnn.pointwise([[D]], b = [[B]]) {mode = "add", arhat.layers = [#arhat.layer<"bias", 2>]}
// CHECK-NEXT:   [[F:%.*]] = cudnn.pointwise([[E]]) {mode = "relu_fwd"
// CHECK-NEXT:   cudnn.yield [[F]]
// CHECK-NEXT: })
// CHECK-NEXT: [[Z:%.*]] = cudnn.pointwise([[Y]]) {mode = "tanh_fwd"
// CHECK-NEXT: func.return [[Z]]
func.func @main(%x: tensor<1x8x4x4xf32>, %w: tensor<8x8x1x1xf32>, %b: tensor<1x8x1x1xf32>, %r: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32>) -> tensor<1x8x4x4xf32>
  %1 = cudnn.pointwise(%0, b = %b) {mode = "add", arhat.layers = [#arhat.layer<"bias", 2>]} : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf32>
  %2 = cudnn.pointwise(%1, b = %r) {mode = "add", arhat.layers = [#arhat.layer<"sum", 3>]} : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %3 = cudnn.pointwise(%2) {mode = "relu_fwd", arhat.layers = [#arhat.layer<"relu", 4>]} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  %4 = cudnn.pointwise(%3) {mode = "tanh_fwd", arhat.layers = [#arhat.layer<"tanh", 5>]} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
  func.return %4 : tensor<1x8x4x4xf32>
}
