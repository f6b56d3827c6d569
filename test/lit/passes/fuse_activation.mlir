// RUN: arhat-opt %s -p fuse-activation | filecheck %s

// CHECK-LABEL: func.func @relu
// CHECK: [[Y:%.*]] = arhat.convolution(%x, {{%[0-9a-z]+}}, residual = %x) {{.*}}activation = #arhat.activation<relu>, arhat.layers = [#arhat.layer<"conv", 6>, #arhat.layer<"relu", 7>]}
// CHECK-NEXT: func.return [[Y]]
func.func @relu(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w, residual = %x) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 6>]} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.relu(%0) {arhat.layers = [#arhat.layer<"relu", 7>]} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @leaky_relu(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<leaky_relu, 0.125>
// CHECK-NEXT: func.return
func.func @leaky_relu(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.leaky_relu(%0) {alpha = 0.125} : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @clamp(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<clamp, 0.0, 6.0>
// CHECK-NEXT: func.return
func.func @clamp(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.clamp(%0) {min = 0.0, max = 6.0} : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @sigmoid(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<sigmoid>
// CHECK-NEXT: func.return
func.func @sigmoid(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.sigmoid(%0) : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @elu(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<elu, 1.0>
// CHECK-NEXT: func.return
func.func @elu(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.elu(%0) {alpha = 1.0} : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @tanh(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<tanh>
// CHECK-NEXT: func.return
func.func @tanh(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.tanh(%0) : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @swish(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<swish>
// CHECK-NEXT: func.return
func.func @swish(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.swish(%0) : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @swish_beta(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<swish, 1.5>
// CHECK-NEXT: func.return
func.func @swish_beta(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.swish(%0) {beta = 1.5} : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @hswish(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<hswish>
// CHECK-NEXT: func.return
func.func @hswish(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.hswish(%0) : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @mish(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<mish>
// CHECK-NEXT: func.return
func.func @mish(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.mish(%0) : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @half_open_clamp(
// CHECK-NEXT: arhat.matmul(%x, %v) {{.*}}activation = #arhat.activation<relu>
// CHECK-NEXT: func.return
func.func @half_open_clamp(%x: tensor<5x3xf32>, %v: tensor<3x2xf32>) -> tensor<5x2xf32> {
  %0 = arhat.matmul(%x, %v) {transpose_a = false, transpose_b = false} : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  %1 = arhat.clamp(%0) {min = 0.0, max = 0x7FF0000000000000 : f64} : (tensor<5x2xf32>) -> tensor<5x2xf32>
  func.return %1 : tensor<5x2xf32>
}

// A slope for each channel, in the shape that the operand has.
// CHECK-LABEL: func.func @prelu
// CHECK: [[S:%.*]] = arhat.constant() {value = #arhat.weight<"derived"::"s">, arhat.layers = [#arhat.layer<"s", 5>]} : () -> tensor<2xf32>
// CHECK-NEXT: arhat.convolution(%x, {{%[0-9a-z]+}}, slope = [[S]]) {{.*}}activation = #arhat.activation<prelu>
// CHECK-NEXT: func.return
func.func @prelu(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@64">, arhat.layers = [#arhat.layer<"s", 5>]} : () -> tensor<1x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.prelu(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @prelu_of_rank_1
// CHECK: [[S:%.*]] = arhat.constant() {value = #arhat.weight<"model"::"s@64">
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}, slope = [[S]])
// CHECK-NEXT: func.return
func.func @prelu_of_rank_1(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@64">, arhat.layers = [#arhat.layer<"s", 5>]} : () -> tensor<2xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.prelu(%0, %s) : (tensor<1x2x4x4xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The slope varies along the width.
// CHECK-LABEL: func.func @prelu_along_width
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.prelu
func.func @prelu_along_width(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %s = arhat.constant() {value = #arhat.weight<"model"::"s@64">, arhat.layers = [#arhat.layer<"s", 5>]} : () -> tensor<1x1x1x4xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.prelu(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x1x1x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// There is an activation already.
// CHECK-LABEL: func.func @second
// CHECK: activation = #arhat.activation<relu>
// CHECK: arhat.sigmoid
func.func @second(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.sigmoid(%0) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}

// The plain result has another user.
// CHECK-LABEL: func.func @used_twice
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.sigmoid
func.func @used_twice(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.sigmoid(%0) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = arhat.subtract(%0, %1) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %2 : tensor<1x2x4x4xf32>
}

// An activation parameter must be finite.
// CHECK-LABEL: func.func @open_clamp
// CHECK: arhat.convolution(%x, {{%[0-9a-z]+}}) {
// CHECK: arhat.clamp
func.func @open_clamp(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<2x2x1x1xf32>
  %0 = arhat.convolution(%x, %w) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = arhat.clamp(%0) {min = 1.0, max = 0x7FF0000000000000 : f64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  func.return %1 : tensor<1x2x4x4xf32>
}
