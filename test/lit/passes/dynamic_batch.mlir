// RUN: arhat-opt %s -p 'dynamic-batch{least=1 usual=4 most=8}' --split-input-file | filecheck %s

// A slice computes its sizes, a reshape leaves the images open, a constant that is the same for all images broadcasts.
// CHECK-LABEL: func.func @main(%x: tensor<8x4x6x6xf32, #trt.dynamic<0>>) -> tensor<8x8xf32, #trt.dynamic<0>> attributes {trt.batch = array<i64: 1, 4, 8>}
// CHECK: %[[N:.*]] = trt.shape(%x) : (tensor<8x4x6x6xf32, #trt.dynamic<0>>) -> tensor<4xi64>
// CHECK: dense<[1, 0, 0, 0]>
// CHECK: %[[B:.*]] = trt.element_wise(%[[N]], %{{.*}}) {op = "prod"}
// CHECK: dense<[0, 2, 6, 6]>
// CHECK: %[[S:.*]] = trt.element_wise(%[[B]], %{{.*}}) {op = "sum"}
// CHECK: trt.slice(%x, dynamic_sizes = %[[S]])
// CHECK: trt.reduce
// CHECK: trt.shuffle({{.*}}) {reshape = [-1, 2]}
// CHECK: trt.element_wise({{.*}}) {op = "sum"} : (tensor<8x2xf32, #trt.dynamic<0>>, tensor<1x2xf32>) -> tensor<8x2xf32, #trt.dynamic<0>>
// CHECK: trt.matrix_multiply({{.*}}) {{.*}} -> tensor<8x8xf32, #trt.dynamic<0>>
func.func @main(%x: tensor<8x4x6x6xf32>) -> tensor<8x8xf32> {
  %0 = trt.slice(%x) {starts = [0, 1, 0, 0], sizes = [8, 2, 6, 6], strides = [1, 1, 1, 1], mode = "strict_bounds"} : (tensor<8x4x6x6xf32>) -> tensor<8x2x6x6xf32>
  %1 = trt.reduce(%0) {op = "avg", axes = [2, 3], keep_dims = true} : (tensor<8x2x6x6xf32>) -> tensor<8x2x1x1xf32>
  %2 = trt.shuffle(%1) {reshape = [8, 2]} : (tensor<8x2x1x1xf32>) -> tensor<8x2xf32>
  %c = arhat.constant() {value = dense<1.0> : tensor<8x2xf32>} : () -> tensor<8x2xf32>
  %3 = trt.constant(%c) : (tensor<8x2xf32>) -> tensor<8x2xf32>
  %4 = trt.element_wise(%2, %3) {op = "sum"} : (tensor<8x2xf32>, tensor<8x2xf32>) -> tensor<8x2xf32>
  %w = arhat.constant() {value = dense<2.0> : tensor<2x8xf32>} : () -> tensor<2x8xf32>
  %5 = trt.constant(%w) : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %6 = trt.matrix_multiply(%4, %5) {op_a = "none", op_b = "none"} : (tensor<8x2xf32>, tensor<2x8xf32>) -> tensor<8x8xf32>
  func.return %6 : tensor<8x8xf32>
}

// -----

// The axis of the images wanders with transpositions and reshapes; scalars are for all images.
// CHECK-LABEL: func.func @main
// CHECK: trt.shuffle(%x) {first_transpose = [1, 0, 2]} : (tensor<8x3x5xf32, #trt.dynamic<0>>) -> tensor<3x8x5xf32, #trt.dynamic<1>>
// CHECK: trt.shuffle({{.*}}) {reshape = [3, -1]} : {{.*}} -> tensor<3x40xf32, #trt.dynamic<1>>
// CHECK: trt.shuffle({{.*}}) {reshape = [1, 3, -1, 5]} : {{.*}} -> tensor<1x3x8x5xf32, #trt.dynamic<2>>
func.func @main(%x: tensor<8x3x5xf32>, %s: tensor<f32>) -> (tensor<1x3x8x5xf32>, tensor<f32>) {
  %0 = trt.shuffle(%x) {first_transpose = [1, 0, 2]} : (tensor<8x3x5xf32>) -> tensor<3x8x5xf32>
  %1 = trt.shuffle(%0) {reshape = [3, 40]} : (tensor<3x8x5xf32>) -> tensor<3x40xf32>
  %2 = trt.shuffle(%1) {reshape = [1, 3, 8, 5]} : (tensor<3x40xf32>) -> tensor<1x3x8x5xf32>
  %3 = trt.unary(%s) {op = "exp"} : (tensor<f32>) -> tensor<f32>
  func.return %2, %3 : tensor<1x3x8x5xf32>, tensor<f32>
}
