// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @add(
// CHECK-NEXT: %0 = arhat.add(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @add(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.add(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @subtract(
// CHECK-NEXT: %0 = arhat.subtract(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @subtract(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.subtract(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @multiply(
// CHECK-NEXT: %0 = arhat.multiply(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @multiply(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.multiply(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @maximum(
// CHECK-NEXT: %0 = arhat.maximum(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @maximum(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.maximum(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @minimum(
// CHECK-NEXT: %0 = arhat.minimum(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @minimum(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.minimum(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @power(
// CHECK-NEXT: %0 = arhat.power(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @power(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.power(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @squared_difference(
// CHECK-NEXT: %0 = arhat.squared_difference(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @squared_difference(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.squared_difference(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @floor_mod(
// CHECK-NEXT: %0 = arhat.floor_mod(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @floor_mod(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.floor_mod(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @mod(
// CHECK-NEXT: %0 = arhat.mod(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
func.func @mod(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>) {
  %0 = arhat.mod(%x, %y) : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  func.return
}

// CHECK-LABEL: func.func @divide(
// CHECK-NEXT: %0 = arhat.divide(%x, %y) {python_div = true} : (tensor<2x3xi64>, tensor<i64>) -> tensor<2x3xi64>
func.func @divide(%x: tensor<2x3xi64>, %y: tensor<i64>) {
  %0 = arhat.divide(%x, %y) {python_div = true} : (tensor<2x3xi64>, tensor<i64>) -> tensor<2x3xi64>
  func.return
}

// CHECK-LABEL: func.func @relu(
// CHECK-NEXT: %0 = arhat.relu(%x) : (tensor<2x3xf16>) -> tensor<2x3xf16>
func.func @relu(%x: tensor<2x3xf16>) {
  %0 = arhat.relu(%x) : (tensor<2x3xf16>) -> tensor<2x3xf16>
  func.return
}

// CHECK-LABEL: func.func @sigmoid(
// CHECK-NEXT: %0 = arhat.sigmoid(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @sigmoid(%x: tensor<2x3xf32>) {
  %0 = arhat.sigmoid(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @tanh(
// CHECK-NEXT: %0 = arhat.tanh(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @tanh(%x: tensor<2x3xf32>) {
  %0 = arhat.tanh(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @exp(
// CHECK-NEXT: %0 = arhat.exp(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @exp(%x: tensor<2x3xf32>) {
  %0 = arhat.exp(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @log(
// CHECK-NEXT: %0 = arhat.log(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @log(%x: tensor<2x3xf32>) {
  %0 = arhat.log(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @sqrt(
// CHECK-NEXT: %0 = arhat.sqrt(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @sqrt(%x: tensor<2x3xf32>) {
  %0 = arhat.sqrt(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @abs(
// CHECK-NEXT: %0 = arhat.abs(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @abs(%x: tensor<2x3xf32>) {
  %0 = arhat.abs(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @negative(
// CHECK-NEXT: %0 = arhat.negative(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @negative(%x: tensor<2x3xf32>) {
  %0 = arhat.negative(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @floor(
// CHECK-NEXT: %0 = arhat.floor(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @floor(%x: tensor<2x3xf32>) {
  %0 = arhat.floor(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @ceiling(
// CHECK-NEXT: %0 = arhat.ceiling(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @ceiling(%x: tensor<2x3xf32>) {
  %0 = arhat.ceiling(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @erf(
// CHECK-NEXT: %0 = arhat.erf(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @erf(%x: tensor<2x3xf32>) {
  %0 = arhat.erf(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @hswish(
// CHECK-NEXT: %0 = arhat.hswish(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @hswish(%x: tensor<2x3xf32>) {
  %0 = arhat.hswish(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @hsigmoid(
// CHECK-NEXT: %0 = arhat.hsigmoid(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @hsigmoid(%x: tensor<2x3xf32>) {
  %0 = arhat.hsigmoid(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @mish(
// CHECK-NEXT: %0 = arhat.mish(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @mish(%x: tensor<2x3xf32>) {
  %0 = arhat.mish(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @softplus(
// CHECK-NEXT: %0 = arhat.softplus(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @softplus(%x: tensor<2x3xf32>) {
  %0 = arhat.softplus(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @swish(
// CHECK-NEXT: %0 = arhat.swish(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @swish(%x: tensor<2x3xf32>) {
  %0 = arhat.swish(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @swish_beta(
// CHECK-NEXT: %0 = arhat.swish(%x) {beta = 1.5} : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @swish_beta(%x: tensor<2x3xf32>) {
  %0 = arhat.swish(%x) {beta = 1.5} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @elu(
// CHECK-NEXT: %0 = arhat.elu(%x) {alpha = 0.1} : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @elu(%x: tensor<2x3xf32>) {
  %0 = arhat.elu(%x) {alpha = 0.1} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @leaky_relu(
// CHECK-NEXT: %0 = arhat.leaky_relu(%x) {alpha = 1.0e-30} : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @leaky_relu(%x: tensor<2x3xf32>) {
  %0 = arhat.leaky_relu(%x) {alpha = 1.0e-30} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @clamp(
// CHECK-NEXT: %0 = arhat.clamp(%x) {min = 0.0, max = 0.3333333333333333} : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @clamp(%x: tensor<2x3xf32>) {
  %0 = arhat.clamp(%x) {min = 0.0, max = 0.3333333333333333} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @gelu(
// CHECK-NEXT: %0 = arhat.gelu(%x) {approximate = "tanh"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
func.func @gelu(%x: tensor<2x3xf32>) {
  %0 = arhat.gelu(%x) {approximate = "tanh"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @prelu(
// CHECK-NEXT: %0 = arhat.prelu(%x, %y) : (tensor<1x8x4x4xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
func.func @prelu(%x: tensor<1x8x4x4xf32>, %y: tensor<8xf32>) {
  %0 = arhat.prelu(%x, %y) : (tensor<1x8x4x4xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
  func.return
}

// CHECK-LABEL: func.func @sign(
// CHECK-NEXT: %0 = arhat.sign(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @sign(%x: tensor<4xf32>) {
  %0 = arhat.sign(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @sin(
// CHECK-NEXT: %0 = arhat.sin(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @sin(%x: tensor<4xf32>) {
  %0 = arhat.sin(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @cos(
// CHECK-NEXT: %0 = arhat.cos(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @cos(%x: tensor<4xf32>) {
  %0 = arhat.cos(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @tan(
// CHECK-NEXT: %0 = arhat.tan(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @tan(%x: tensor<4xf32>) {
  %0 = arhat.tan(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @asin(
// CHECK-NEXT: %0 = arhat.asin(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @asin(%x: tensor<4xf32>) {
  %0 = arhat.asin(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @acos(
// CHECK-NEXT: %0 = arhat.acos(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @acos(%x: tensor<4xf32>) {
  %0 = arhat.acos(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @atan(
// CHECK-NEXT: %0 = arhat.atan(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @atan(%x: tensor<4xf32>) {
  %0 = arhat.atan(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @sinh(
// CHECK-NEXT: %0 = arhat.sinh(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @sinh(%x: tensor<4xf32>) {
  %0 = arhat.sinh(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @cosh(
// CHECK-NEXT: %0 = arhat.cosh(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @cosh(%x: tensor<4xf32>) {
  %0 = arhat.cosh(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @asinh(
// CHECK-NEXT: %0 = arhat.asinh(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @asinh(%x: tensor<4xf32>) {
  %0 = arhat.asinh(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @acosh(
// CHECK-NEXT: %0 = arhat.acosh(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @acosh(%x: tensor<4xf32>) {
  %0 = arhat.acosh(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @atanh(
// CHECK-NEXT: %0 = arhat.atanh(%x) : (tensor<4xf32>) -> tensor<4xf32>
func.func @atanh(%x: tensor<4xf32>) {
  %0 = arhat.atanh(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// CHECK-LABEL: func.func @round(
// CHECK-NEXT: %0 = arhat.round(%x) {mode = "half_to_even"} : (tensor<4xf32>) -> tensor<4xf32>
func.func @round(%x: tensor<4xf32>) {
  %0 = arhat.round(%x) {mode = "half_to_even"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
