// RUN: arhat-opt %s -p form-graphs | filecheck %s

// Where graphs end. The function's attribute says how f32 may be computed.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x8x4x4xf32, #kernel.nhwc<8>>, %w: tensor<8x8x1x1xf32, #kernel.nhwc<8>>, %d: tensor<8x1x1x1xf32, #kernel.nhwc<8>>, %b: tensor<1x8x1x1xf32, #kernel.nhwc<8>>, %s: tensor<1x8x1x1xf32, #kernel.nhwc<8>>) -> (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>) attributes {cudnn.math = "tf32"} {
  // A value that is used twice may be inside, if all of its users are.
  // CHECK-NEXT: [[A:%.*]] = cudnn.graph(%x, %w, %b) {math = "tf32"}
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT:   [[A0:%.*]] = cudnn.conv_fprop
  // CHECK-NEXT:   [[A1:%.*]] = cudnn.pointwise([[A0]], b = {{%.*}}) {mode = "add"}
  // CHECK-NEXT:   [[A2:%.*]] = cudnn.pointwise([[A1]]) {mode = "softplus_fwd"}
  // CHECK-NEXT:   [[A3:%.*]] = cudnn.pointwise([[A2]]) {mode = "tanh_fwd"}
  // CHECK-NEXT:   [[A4:%.*]] = cudnn.pointwise([[A1]], b = [[A3]]) {mode = "mul"}
  // CHECK-NEXT:   cudnn.yield [[A4]]
  // CHECK-NEXT: })
  %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<8x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %1 = cudnn.pointwise(%0, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %2 = cudnn.pointwise(%1) {mode = "softplus_fwd"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %3 = cudnn.pointwise(%2) {mode = "tanh_fwd"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %4 = cudnn.pointwise(%1, b = %3) {mode = "mul"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  // One that somebody else sees ends the graph.
  // CHECK-NEXT: [[B:%.*]] = cudnn.graph([[A]], %w, %b)
  // CHECK: cudnn.yield
  // CHECK-NEXT: })
  // CHECK-NEXT: [[C:%.*]] = cudnn.pointwise([[B]]) {mode = "tanh_fwd"}
  %5 = cudnn.conv_fprop(%4, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<8x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %6 = cudnn.pointwise(%5, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %7 = cudnn.pointwise(%6) {mode = "tanh_fwd"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  // A result that grows by broadcasting ends it as well: %8 is 1x8x1x1, the gate of a larger one. The addition of two
  // results belongs to the later convolution.
  // CHECK-NEXT: [[E:%.*]] = cudnn.graph(%s, %w)
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT:   cudnn.conv_fprop
  // CHECK-NEXT:   cudnn.pointwise({{.*}}) {mode = "sigmoid_fwd"}
  // CHECK-NEXT:   cudnn.yield
  // CHECK-NEXT: })
  // CHECK-NEXT: [[F:%.*]] = cudnn.graph([[B]], %d)
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT:   [[F0:%.*]] = cudnn.conv_fprop
  // CHECK-NEXT:   cudnn.yield [[F0]]
  // CHECK-NEXT: })
  // CHECK-NEXT: [[G:%.*]] = cudnn.graph([[C]], %w, [[E]], [[F]])
  // CHECK-NEXT: ^bb0([[GX:%.*]]: {{.*}}, [[GW:%.*]]: {{.*}}, [[GE:%.*]]: {{.*}}, [[GF:%.*]]: {{.*}}):
  // CHECK-NEXT:   [[G0:%.*]] = cudnn.conv_fprop([[GX]], [[GW]])
  // CHECK-NEXT:   [[G1:%.*]] = cudnn.pointwise([[G0]], b = [[GE]]) {mode = "mul"}
  // CHECK-NEXT:   [[G2:%.*]] = cudnn.pointwise([[G1]], b = [[GF]]) {mode = "add"}
  // CHECK-NEXT:   cudnn.yield [[G2]]
  // CHECK-NEXT: })
  %8 = cudnn.conv_fprop(%s, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x1x1xf32, #kernel.nhwc<8>>, tensor<8x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x1x1xf32, #kernel.nhwc<8>>
  %9 = cudnn.pointwise(%8) {mode = "sigmoid_fwd"} : (tensor<1x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x1x1xf32, #kernel.nhwc<8>>
  %10 = cudnn.conv_fprop(%6, %d) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 8} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<8x1x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %11 = cudnn.conv_fprop(%7, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<8x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %12 = cudnn.pointwise(%9, b = %11) {mode = "mul"} : (tensor<1x8x1x1xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %13 = cudnn.pointwise(%10, b = %12) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  // A bias and a clipped ReLU alone would hide the better engines: an identity keeps them apart.
  // CHECK-NEXT: [[H:%.*]] = cudnn.graph([[G]], %w, %b)
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT:   [[H0:%.*]] = cudnn.conv_fprop
  // CHECK-NEXT:   [[H1:%.*]] = cudnn.pointwise([[H0]]) {mode = "identity"}
  // CHECK-NEXT:   [[H2:%.*]] = cudnn.pointwise([[H1]], b = {{%.*}}) {mode = "add"}
  // CHECK-NEXT:   [[H3:%.*]] = cudnn.pointwise([[H2]]) {mode = "relu_fwd", upper_clip = 6.0}
  %14 = cudnn.conv_fprop(%13, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<8x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %15 = cudnn.pointwise(%14, b = %b) {mode = "add"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %16 = cudnn.pointwise(%15) {mode = "relu_fwd", upper_clip = 6.0} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  // Nothing follows a pooling.
  // CHECK: [[K:%.*]] = cudnn.graph([[H]]) {math = "tf32"} ({
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT:   cudnn.resample
  // CHECK-NEXT:   cudnn.yield
  // CHECK-NEXT: })
  // CHECK-NEXT: [[L:%.*]] = cudnn.pointwise([[K]]) {mode = "relu_fwd"}
  // CHECK-NEXT: func.return [[B]], [[C]], [[H]], [[L]]
  %17 = cudnn.resample(%16) {mode = "max", window = [3, 3], strides = [1, 1], pads = [1, 1, 1, 1]} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  %18 = cudnn.pointwise(%17) {mode = "relu_fwd"} : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  func.return %6, %7, %16, %18 : tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>
}
