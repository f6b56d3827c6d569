// RUN: arhat-opt %s -p form-graphs | filecheck %s

// A convolution of 16 bits takes in everything after it; what is inside is f32, and the layers are kept in order.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[Y:%.*]] = cudnn.graph(%x, %w, %b, %r) {arhat.layers = [#arhat.layer<"conv", 1>, #arhat.layer<"add", 2>, #arhat.layer<"relu", 3>], math = "any"} ({
// CHECK-NEXT: ^bb0([[X:%.*]]: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, [[W:%.*]]: tensor<8x8x1x1xf16, #kernel.nhwc<8>>, [[B:%.*]]: tensor<1x8x1x1xf16>, [[R:%.*]]: tensor<1x8x4x4xf16, #kernel.nhwc<8>>):
// CHECK-NEXT:   [[C:%.*]] = cudnn.conv_fprop([[X]], [[W]]) {{.*}} -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
// CHECK-NEXT:   [[D:%.*]] = cudnn.pointwise([[C]], b = [[B]]) {mode = "add"{{.*}} -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
// CHECK-NEXT:   [[E:%.*]] = cudnn.pointwise([[D]], b = [[R]]) {mode = "add"{{.*}} -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
// CHECK-NEXT:   [[F:%.*]] = cudnn.pointwise([[E]]) {mode = "relu_fwd"{{.*}} -> tensor<1x8x4x4xf16, #kernel.nhwc<16>>
// CHECK-NEXT:   cudnn.yield [[F]] : tensor<1x8x4x4xf16, #kernel.nhwc<16>>
// CHECK-NEXT: })
// A convolution of 16 bits with a result of f32 has better engines with an identity, so has a clipped ReLU.
// CHECK-NEXT: [[P:%.*]] = cudnn.graph([[Y]], %w)
// CHECK-NEXT: ^bb0
// CHECK-NEXT:   [[P0:%.*]] = cudnn.conv_fprop
// CHECK-NEXT:   [[P1:%.*]] = cudnn.pointwise([[P0]]) {mode = "identity"} {{.*}} -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
// CHECK-NEXT:   cudnn.yield [[P1]]
// CHECK-NEXT: })
// CHECK-NEXT: [[Q:%.*]] = cudnn.graph([[Y]], %w, %b)
// CHECK-NEXT: ^bb0
// CHECK-NEXT:   [[Q0:%.*]] = cudnn.conv_fprop
// CHECK-NEXT:   [[Q1:%.*]] = cudnn.pointwise([[Q0]]) {mode = "identity"}
// CHECK-NEXT:   [[Q2:%.*]] = cudnn.pointwise([[Q1]], b = {{%.*}}) {mode = "add"}
// CHECK-NEXT:   [[Q3:%.*]] = cudnn.pointwise([[Q2]]) {mode = "relu_fwd", upper_clip = 6.0}
// CHECK-NEXT:   cudnn.yield [[Q3]]
// CHECK-NEXT: })
// CHECK-NEXT: func.return [[P]], [[Q]]
func.func @main(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x1x1xf16, #kernel.nhwc<8>>, %b: tensor<1x8x1x1xf16>, %r: tensor<1x8x4x4xf16, #kernel.nhwc<8>>) -> (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf16, #kernel.nhwc<8>>) {
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %1 = cudnn.pointwise(%0, b = %b) {mode = "add", arhat.layers = [#arhat.layer<"conv", 1>]} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  // The residual stands first: it changes places. The result of the convolution was rounded in between: not any more.
  %2 = cudnn.pointwise(%r, b = %1) {mode = "add", arhat.layers = [#arhat.layer<"add", 2>]} : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<1x8x4x4xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  // A part of a concatenation: its pixels lie further apart.
  %3 = cudnn.pointwise(%2) {mode = "relu_fwd", arhat.layers = [#arhat.layer<"relu", 3>]} : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf16, #kernel.nhwc<16>>
  %4 = cudnn.conv_fprop(%3, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<16>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %5 = cudnn.conv_fprop(%3, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf16, #kernel.nhwc<16>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %6 = cudnn.pointwise(%5, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %7 = cudnn.pointwise(%6) {mode = "relu_fwd", upper_clip = 6.0} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  func.return %4, %7 : tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf16, #kernel.nhwc<8>>
}
