// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @equal(
// CHECK-NEXT: %0 = arhat.equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @equal(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  %0 = arhat.equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @not_equal(
// CHECK-NEXT: %0 = arhat.not_equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @not_equal(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  %0 = arhat.not_equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @less(
// CHECK-NEXT: %0 = arhat.less(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @less(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  %0 = arhat.less(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @less_equal(
// CHECK-NEXT: %0 = arhat.less_equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @less_equal(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  %0 = arhat.less_equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @greater(
// CHECK-NEXT: %0 = arhat.greater(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @greater(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  %0 = arhat.greater(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @greater_equal(
// CHECK-NEXT: %0 = arhat.greater_equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @greater_equal(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  %0 = arhat.greater_equal(%x, %y) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @equal_of_booleans(
// CHECK-NEXT: %0 = arhat.equal(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
func.func @equal_of_booleans(%x: tensor<2x3xi1>, %y: tensor<3xi1>) {
  %0 = arhat.equal(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @logical_and(
// CHECK-NEXT: %0 = arhat.logical_and(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
func.func @logical_and(%x: tensor<2x3xi1>, %y: tensor<3xi1>) {
  %0 = arhat.logical_and(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @logical_or(
// CHECK-NEXT: %0 = arhat.logical_or(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
func.func @logical_or(%x: tensor<2x3xi1>, %y: tensor<3xi1>) {
  %0 = arhat.logical_or(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @logical_xor(
// CHECK-NEXT: %0 = arhat.logical_xor(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
func.func @logical_xor(%x: tensor<2x3xi1>, %y: tensor<3xi1>) {
  %0 = arhat.logical_xor(%x, %y) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @logical_not(
// CHECK-NEXT: %0 = arhat.logical_not(%x) : (tensor<2x3xi1>) -> tensor<2x3xi1>
func.func @logical_not(%x: tensor<2x3xi1>) {
  %0 = arhat.logical_not(%x) : (tensor<2x3xi1>) -> tensor<2x3xi1>
  func.return
}

// CHECK-LABEL: func.func @bitwise_and(
// CHECK-NEXT: %0 = arhat.bitwise_and(%x, %y) : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
func.func @bitwise_and(%x: tensor<2x3xi64>, %y: tensor<3xi64>) {
  %0 = arhat.bitwise_and(%x, %y) : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  func.return
}

// CHECK-LABEL: func.func @bitwise_or(
// CHECK-NEXT: %0 = arhat.bitwise_or(%x, %y) : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
func.func @bitwise_or(%x: tensor<2x3xi64>, %y: tensor<3xi64>) {
  %0 = arhat.bitwise_or(%x, %y) : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  func.return
}

// CHECK-LABEL: func.func @bitwise_xor(
// CHECK-NEXT: %0 = arhat.bitwise_xor(%x, %y) : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
func.func @bitwise_xor(%x: tensor<2x3xi64>, %y: tensor<3xi64>) {
  %0 = arhat.bitwise_xor(%x, %y) : (tensor<2x3xi64>, tensor<3xi64>) -> tensor<2x3xi64>
  func.return
}

// CHECK-LABEL: func.func @bitwise_not(
// CHECK-NEXT: %0 = arhat.bitwise_not(%x) : (tensor<2x3xui8>) -> tensor<2x3xui8>
func.func @bitwise_not(%x: tensor<2x3xui8>) {
  %0 = arhat.bitwise_not(%x) : (tensor<2x3xui8>) -> tensor<2x3xui8>
  func.return
}

// CHECK-LABEL: func.func @select(
// CHECK-NEXT: %0 = arhat.select(%c, %x, %y) : (tensor<2x1xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
func.func @select(%c: tensor<2x1xi1>, %x: tensor<2x3xf32>, %y: tensor<f32>) {
  %0 = arhat.select(%c, %x, %y) : (tensor<2x1xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  func.return
}

// CHECK-LABEL: func.func @is_nan(
// CHECK-NEXT: %0 = arhat.is_nan(%x) : (tensor<4xf32>) -> tensor<4xi1>
func.func @is_nan(%x: tensor<4xf32>) {
  %0 = arhat.is_nan(%x) : (tensor<4xf32>) -> tensor<4xi1>
  func.return
}

// CHECK-LABEL: func.func @is_inf(
// CHECK-NEXT: %0 = arhat.is_inf(%x) {detect_negative = true, detect_positive = false} : (tensor<4xf32>) -> tensor<4xi1>
func.func @is_inf(%x: tensor<4xf32>) {
  %0 = arhat.is_inf(%x) {detect_negative = true, detect_positive = false} : (tensor<4xf32>) -> tensor<4xi1>
  func.return
}

// CHECK-LABEL: func.func @is_finite(
// CHECK-NEXT: %0 = arhat.is_finite(%x) : (tensor<4xf32>) -> tensor<4xi1>
func.func @is_finite(%x: tensor<4xf32>) {
  %0 = arhat.is_finite(%x) : (tensor<4xf32>) -> tensor<4xi1>
  func.return
}
