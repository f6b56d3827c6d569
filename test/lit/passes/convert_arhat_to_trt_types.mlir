// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-trt | filecheck %s

// Bytes are cast at the border, by way of f32, and computed with as i32; a sum wraps around as one of bytes does.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.cast(%x) : (tensor<4xui8>) -> tensor<4xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.cast([[V0]]) : (tensor<4xf32>) -> tensor<4xi32>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise([[V1]], [[V1]]) {op = "sum"} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: [[V3:%.*]] = arhat.constant() {value = dense<256> : tensor<1xi32>} : () -> tensor<1xi32>
// CHECK-NEXT: [[V4:%.*]] = trt.constant([[V3]]) : (tensor<1xi32>) -> tensor<1xi32>
// CHECK-NEXT: [[V5:%.*]] = trt.element_wise([[V2]], [[V4]]) {op = "floor_div"} : (tensor<4xi32>, tensor<1xi32>) -> tensor<4xi32>
// CHECK-NEXT: [[V6:%.*]] = arhat.constant() {value = dense<256> : tensor<1xi32>} : () -> tensor<1xi32>
// CHECK-NEXT: [[V7:%.*]] = trt.constant([[V6]]) : (tensor<1xi32>) -> tensor<1xi32>
// CHECK-NEXT: [[V8:%.*]] = trt.element_wise([[V5]], [[V7]]) {op = "prod"} : (tensor<4xi32>, tensor<1xi32>) -> tensor<4xi32>
// CHECK-NEXT: [[V9:%.*]] = trt.element_wise([[V2]], [[V8]]) {op = "sub"} : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: [[V10:%.*]] = trt.cast([[V9]]) : (tensor<4xi32>) -> tensor<4xf32>
// CHECK-NEXT: [[V11:%.*]] = trt.cast([[V10]]) : (tensor<4xf32>) -> tensor<4xui8>
// CHECK-NEXT: func.return [[V11]] : tensor<4xui8>
func.func @main(%x: tensor<4xui8>) -> tensor<4xui8> {
  %0 = arhat.add(%x, %x) : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  func.return %0 : tensor<4xui8>
}

// -----

// What is converted anyway is converted at once.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.cast(%x) : (tensor<4xui8>) -> tensor<4xf32>
// CHECK-NEXT: func.return [[V0]] : tensor<4xf32>
func.func @main(%x: tensor<4xui8>) -> tensor<4xf32> {
  %0 = arhat.convert(%x) {to = f32} : (tensor<4xui8>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

// There is no f64.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = {{dense<\[}}1.000000e+00, 2.000000e+00]> : tensor<2xf32>} : () -> tensor<2xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise(%x, [[V1]]) {op = "prod"} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT: func.return [[V2]] : tensor<2xf32>
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %k = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf64>} : () -> tensor<2xf64>
  %0 = arhat.convert(%x) {to = f64} : (tensor<2xf32>) -> tensor<2xf64>
  %1 = arhat.multiply(%0, %k) : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>
  %2 = arhat.convert(%1) {to = f32} : (tensor<2xf64>) -> tensor<2xf32>
  func.return %2 : tensor<2xf32>
}

// -----

// Any number but 0 is true, and NaN is.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<0.000000e+00> : tensor<1xf32>} : () -> tensor<1xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<1xf32>) -> tensor<1xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.element_wise(%x, [[V1]]) {op = "equal"} : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xi1>
// CHECK-NEXT: [[V3:%.*]] = trt.unary([[V2]]) {op = "not"} : (tensor<4xi1>) -> tensor<4xi1>
// CHECK-NEXT: [[V4:%.*]] = trt.cast([[V3]]) : (tensor<4xi1>) -> tensor<4xi32>
// CHECK-NEXT: [[V5:%.*]] = trt.reduce([[V4]]) {op = "max", axes = [0], keep_dims = false} : (tensor<4xi32>) -> tensor<i32>
// CHECK-NEXT: [[V6:%.*]] = trt.cast([[V5]]) : (tensor<i32>) -> tensor<i1>
// CHECK-NEXT: func.return [[V6]] : tensor<i1>
func.func @main(%x: tensor<4xf32>) -> tensor<i1> {
  %0 = arhat.convert(%x) {to = i1} : (tensor<4xf32>) -> tensor<4xi1>
  %1 = arhat.reduce_logical_or(%0) {axes = [0], keep_dims = false} : (tensor<4xi1>) -> tensor<i1>
  func.return %1 : tensor<i1>
}

// -----

// Means of integers are truncated quotients of sums in i64.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.cast(%x) : (tensor<4x3xi32>) -> tensor<4x3xi64>
// CHECK-NEXT: [[V1:%.*]] = trt.reduce([[V0]]) {op = "sum", axes = [1], keep_dims = false} : (tensor<4x3xi64>) -> tensor<4xi64>
// CHECK-NEXT: [[V2:%.*]] = arhat.constant() {value = dense<3> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: [[V3:%.*]] = trt.constant([[V2]]) : (tensor<1xi64>) -> tensor<1xi64>
// CHECK-NEXT: [[V4:%.*]] = trt.element_wise([[V1]], [[V3]]) {op = "div"} : (tensor<4xi64>, tensor<1xi64>) -> tensor<4xi64>
// CHECK-NEXT: [[V5:%.*]] = trt.cast([[V4]]) : (tensor<4xi64>) -> tensor<4xi32>
// CHECK-NEXT: func.return [[V5]] : tensor<4xi32>
func.func @main(%x: tensor<4x3xi32>) -> tensor<4xi32> {
  %0 = arhat.reduce_mean(%x) {axes = [1], keep_dims = false} : (tensor<4x3xi32>) -> tensor<4xi32>
  func.return %0 : tensor<4xi32>
}

// -----

// Products of integers are sums of products: the matrix layer is for floats.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.shuffle(%y) {first_transpose = [1, 0]} : (tensor<3x4xi32>) -> tensor<4x3xi32>
// CHECK-NEXT: [[V1:%.*]] = trt.shuffle(%x) {reshape = [2, 1, 3]} : (tensor<2x3xi32>) -> tensor<2x1x3xi32>
// CHECK-NEXT: [[V2:%.*]] = trt.shuffle([[V0]]) {reshape = [1, 4, 3]} : (tensor<4x3xi32>) -> tensor<1x4x3xi32>
// CHECK-NEXT: [[V3:%.*]] = trt.element_wise([[V1]], [[V2]]) {op = "prod"} : (tensor<2x1x3xi32>, tensor<1x4x3xi32>) -> tensor<2x4x3xi32>
// CHECK-NEXT: [[V4:%.*]] = trt.reduce([[V3]]) {op = "sum", axes = [2], keep_dims = false} : (tensor<2x4x3xi32>) -> tensor<2x4xi32>
// CHECK-NEXT: func.return [[V4]] : tensor<2x4xi32>
func.func @main(%x: tensor<2x3xi32>, %y: tensor<3x4xi32>) -> tensor<2x4xi32> {
  %0 = arhat.matmul(%x, %y) {transpose_a = false, transpose_b = false} : (tensor<2x3xi32>, tensor<3x4xi32>) -> tensor<2x4xi32>
  func.return %0 : tensor<2x4xi32>
}

// -----

// Levels between known bounds, from 0 on.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.activation(%x) {kind = "clip", alpha = 0.0, beta = 4.0} : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: [[V1:%.*]] = arhat.constant() {value = dense<4.000000e+00> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.constant([[V1]]) : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V3:%.*]] = trt.element_wise([[V0]], [[V2]]) {op = "div"} : (tensor<1x2x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: [[V4:%.*]] = arhat.constant() {value = dense<2.550000e+02> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V5:%.*]] = trt.constant([[V4]]) : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V6:%.*]] = trt.element_wise([[V3]], [[V5]]) {op = "prod"} : (tensor<1x2x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: [[V7:%.*]] = trt.unary([[V6]]) {op = "round"} : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: [[V8:%.*]] = arhat.constant() {value = dense<2.550000e+02> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V9:%.*]] = trt.constant([[V8]]) : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V10:%.*]] = trt.element_wise([[V7]], [[V9]]) {op = "div"} : (tensor<1x2x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: [[V11:%.*]] = arhat.constant() {value = dense<4.000000e+00> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V12:%.*]] = trt.constant([[V11]]) : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
// CHECK-NEXT: [[V13:%.*]] = trt.element_wise([[V10]], [[V12]]) {op = "prod"} : (tensor<1x2x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x2xf32>
// CHECK-NEXT: func.return [[V13]] : tensor<1x2x2x2xf32>
func.func @main(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %l = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %h = arhat.constant() {value = dense<4.0> : tensor<f32>} : () -> tensor<f32>
  %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256} : (tensor<1x2x2x2xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x2x2x2xf32>
  func.return %0 : tensor<1x2x2x2xf32>
}

// -----

// TensorRT has no constants of booleans.
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = arhat.constant() {value = dense<[1, 0]> : tensor<2xi32>} : () -> tensor<2xi32>
// CHECK: %[[N:.*]] = trt.constant(%[[W]]) : (tensor<2xi32>) -> tensor<2xi32>
// CHECK: %[[C:.*]] = trt.cast(%[[N]]) : (tensor<2xi32>) -> tensor<2xi1>
// CHECK: trt.select(%[[C]], %x, %y)
func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  %c = arhat.constant() {value = dense<[true, false]> : tensor<2xi1>} : () -> tensor<2xi1>
  %0 = arhat.select(%c, %x, %y) : (tensor<2xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %0 : tensor<2xf32>
}
