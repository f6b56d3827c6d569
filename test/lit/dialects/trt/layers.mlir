// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @elements
// CHECK: trt.activation(%x) {kind = "clip", alpha = 0.0, beta = 6.0} : (tensor<1x8x4xf16>) -> tensor<1x8x4xf16>
// CHECK: trt.unary(%{{.*}}) {op = "sqrt"} : (tensor<1x8x4xf16>) -> tensor<1x8x4xf16>
// CHECK: trt.unary(%{{.*}}) {op = "isnan"} : (tensor<1x8x4xf16>) -> tensor<1x8x4xi1>
// CHECK: trt.element_wise(%x, %{{.*}}) {op = "sum"} : (tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xf16>
// CHECK: trt.element_wise(%x, %{{.*}}) {op = "less"} : (tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xi1>
// CHECK: trt.select(%{{.*}}, %{{.*}}, %{{.*}}) : (tensor<1x8x4xi1>, tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xf16>
// CHECK: trt.parametric_relu(%{{.*}}, %{{.*}}) : (tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xf16>
// CHECK: trt.cast(%{{.*}}) : (tensor<1x8x4xf16>) -> tensor<1x8x4xf32>
func.func @elements(%x: tensor<1x8x4xf16>) -> tensor<1x8x4xf32> {
  %0 = arhat.constant() {value = dense<1.0> : tensor<1x8x1xf16>} : () -> tensor<1x8x1xf16>
  %c = trt.constant(%0) : (tensor<1x8x1xf16>) -> tensor<1x8x1xf16>
  %1 = trt.activation(%x) {kind = "clip", alpha = 0.0, beta = 6.0} : (tensor<1x8x4xf16>) -> tensor<1x8x4xf16>
  %2 = trt.unary(%1) {op = "sqrt"} : (tensor<1x8x4xf16>) -> tensor<1x8x4xf16>
  %3 = trt.unary(%2) {op = "isnan"} : (tensor<1x8x4xf16>) -> tensor<1x8x4xi1>
  %4 = trt.element_wise(%x, %c) {op = "sum"} : (tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xf16>
  %5 = trt.element_wise(%x, %c) {op = "less"} : (tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xi1>
  %6 = trt.select(%5, %4, %c) : (tensor<1x8x4xi1>, tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xf16>
  %7 = trt.parametric_relu(%6, %c) : (tensor<1x8x4xf16>, tensor<1x8x1xf16>) -> tensor<1x8x4xf16>
  %y = trt.cast(%7) : (tensor<1x8x4xf16>) -> tensor<1x8x4xf32>
  func.return %y : tensor<1x8x4xf32>
}

// CHECK-LABEL: func.func @reductions
// CHECK: trt.matrix_multiply(%x, %x) {op_a = "none", op_b = "transpose"} : (tensor<2x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x8x8xf32>
// CHECK: trt.reduce(%x) {op = "avg", axes = [0, 2], keep_dims = false} : (tensor<2x8x4xf32>) -> tensor<8xf32>
// CHECK: trt.soft_max(%x) {axis = 2} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
// CHECK: trt.normalization(%x, %{{.*}}, %{{.*}}) {axes = [2], epsilon = 1.0e-05, groups = 1}
// CHECK: trt.cumulative(%x, %{{.*}}) {op = "sum", exclusive = true, reverse = false} : (tensor<2x8x4xf32>, tensor<i32>) -> tensor<2x8x4xf32>
// CHECK: trt.top_k(%x) {op = "min", k = 3, axis = 1} : (tensor<2x8x4xf32>) -> (tensor<2x3x4xf32>, tensor<2x3x4xi32>)
func.func @reductions(%x: tensor<2x8x4xf32>) -> tensor<2x3x4xi32> {
  %0 = arhat.constant() {value = dense<1.0> : tensor<1x1x4xf32>} : () -> tensor<1x1x4xf32>
  %1 = arhat.constant() {value = dense<1> : tensor<i32>} : () -> tensor<i32>
  %s = trt.constant(%0) : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %axis = trt.constant(%1) : (tensor<i32>) -> tensor<i32>
  %a = trt.matrix_multiply(%x, %x) {op_a = "none", op_b = "transpose"} : (tensor<2x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x8x8xf32>
  %b = trt.reduce(%x) {op = "avg", axes = [0, 2], keep_dims = false} : (tensor<2x8x4xf32>) -> tensor<8xf32>
  %c = trt.soft_max(%x) {axis = 2} : (tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %d = trt.normalization(%x, %s, %s) {axes = [2], epsilon = 1.0e-05, groups = 1} : (tensor<2x8x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>) -> tensor<2x8x4xf32>
  %e = trt.cumulative(%x, %axis) {op = "sum", exclusive = true, reverse = false} : (tensor<2x8x4xf32>, tensor<i32>) -> tensor<2x8x4xf32>
  %v, %i = trt.top_k(%x) {op = "min", k = 3, axis = 1} : (tensor<2x8x4xf32>) -> (tensor<2x3x4xf32>, tensor<2x3x4xi32>)
  func.return %i : tensor<2x3x4xi32>
}

// CHECK-LABEL: func.func @movement
// CHECK: trt.concatenation(%x, %x) {axis = 1} : (tensor<2x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x16x4xf32>
// CHECK: trt.shuffle(%x) {first_transpose = [2, 0, 1], reshape = [4, -1], second_transpose = [1, 0]} : (tensor<2x8x4xf32>) -> tensor<16x4xf32>
// CHECK: trt.slice(%x, fill = %{{.*}}) {starts = [0, -1, 0], sizes = [2, 10, 4], strides = [1, 1, 1], mode = "fill"}
// CHECK: trt.slice(%x, dynamic_sizes = %{{.*}}) {starts = [0, 0, 0], sizes = [2, 4, 4], strides = [1, 2, 1], mode = "strict_bounds"}
// CHECK: trt.gather(%x, %i) {mode = "default", axis = 1, elementwise_dims = 0} : (tensor<2x8x4xf32>, tensor<3xi32>) -> tensor<2x3x4xf32>
// CHECK: trt.scatter(%x, %{{.*}}, %{{.*}}) {mode = "nd", axis = 0}
// CHECK: trt.one_hot(%i, %{{.*}}, %{{.*}}) {axis = 1} : (tensor<3xi32>, tensor<2xf32>, tensor<i32>) -> tensor<3x5xf32>
// CHECK: trt.reverse_sequence(%x, %{{.*}}) {batch_axis = 0, sequence_axis = 1} : (tensor<2x8x4xf32>, tensor<2xi32>) -> tensor<2x8x4xf32>
// CHECK: trt.shape(%x) : (tensor<2x8x4xf32>) -> tensor<3xi64>
func.func @movement(%x: tensor<2x8x4xf32>, %i: tensor<3xi32>, %n: tensor<2xi32>, %u: tensor<1x4xf32>, %at: tensor<1x2xi32>) -> tensor<3xi64> {
  %0 = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %1 = arhat.constant() {value = dense<[2, 4, 4]> : tensor<3xi64>} : () -> tensor<3xi64>
  %2 = arhat.constant() {value = dense<[0.0, 1.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  %3 = arhat.constant() {value = dense<5> : tensor<i32>} : () -> tensor<i32>
  %zero = trt.constant(%0) : (tensor<f32>) -> tensor<f32>
  %sizes = trt.constant(%1) : (tensor<3xi64>) -> tensor<3xi64>
  %values = trt.constant(%2) : (tensor<2xf32>) -> tensor<2xf32>
  %depth = trt.constant(%3) : (tensor<i32>) -> tensor<i32>
  %a = trt.concatenation(%x, %x) {axis = 1} : (tensor<2x8x4xf32>, tensor<2x8x4xf32>) -> tensor<2x16x4xf32>
  %b = trt.shuffle(%x) {first_transpose = [2, 0, 1], reshape = [4, -1], second_transpose = [1, 0]} : (tensor<2x8x4xf32>) -> tensor<16x4xf32>
  %c = trt.slice(%x, fill = %zero) {starts = [0, -1, 0], sizes = [2, 10, 4], strides = [1, 1, 1], mode = "fill"} : (tensor<2x8x4xf32>, tensor<f32>) -> tensor<2x10x4xf32>
  %d = trt.slice(%x, dynamic_sizes = %sizes) {starts = [0, 0, 0], sizes = [2, 4, 4], strides = [1, 2, 1], mode = "strict_bounds"} : (tensor<2x8x4xf32>, tensor<3xi64>) -> tensor<2x4x4xf32>
  %e = trt.gather(%x, %i) {mode = "default", axis = 1, elementwise_dims = 0} : (tensor<2x8x4xf32>, tensor<3xi32>) -> tensor<2x3x4xf32>
  %f = trt.scatter(%x, %at, %u) {mode = "nd", axis = 0} : (tensor<2x8x4xf32>, tensor<1x2xi32>, tensor<1x4xf32>) -> tensor<2x8x4xf32>
  %g = trt.one_hot(%i, %values, %depth) {axis = 1} : (tensor<3xi32>, tensor<2xf32>, tensor<i32>) -> tensor<3x5xf32>
  %h = trt.reverse_sequence(%x, %n) {batch_axis = 0, sequence_axis = 1} : (tensor<2x8x4xf32>, tensor<2xi32>) -> tensor<2x8x4xf32>
  %y = trt.shape(%x) : (tensor<2x8x4xf32>) -> tensor<3xi64>
  func.return %y : tensor<3xi64>
}

// A plugin is a kernel of the library; its fields are the kernel's properties.
// CHECK-LABEL: func.func @plugin
// CHECK: trt.plugin(%x, %r) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 6.250000e-02 : f64}}
// CHECK: %v, %i = trt.plugin(%y) {plugin = "TopK", fields = {
// CHECK-SAME: (tensor<2x4x7x7xf32>) -> (tensor<2x1x7x7xf32>, tensor<2x1x7x7xi64>)
func.func @plugin(%x: tensor<1x4x14x14xf32>, %r: tensor<2x5xf32>) -> tensor<2x1x7x7xi64> {
  %y = trt.plugin(%x, %r) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 7, 7>, spatial_scale = 0.0625 : f64}} : (tensor<1x4x14x14xf32>, tensor<2x5xf32>) -> tensor<2x4x7x7xf32>
  %v, %i = trt.plugin(%y) {plugin = "TopK", fields = {axis = 1 : i64, k = 1 : i64, mode = "max", sort = "value", index_type = "i64"}} : (tensor<2x4x7x7xf32>) -> (tensor<2x1x7x7xf32>, tensor<2x1x7x7xi64>)
  func.return %i : tensor<2x1x7x7xi64>
}

// The extent along axis 0 scales with the batch, the printed one is that of the batch the engine is tuned for. State
// stays state.
// CHECK-LABEL: func.func @dynamic
// CHECK-SAME: tensor<8x4xf32, #trt.dynamic<0>>
// CHECK-SAME: trt.batch = array<i64: 1, 8, 32>
// CHECK: kernel.read_value
// CHECK: trt.element_wise(%x, %x) {op = "sum"} : (tensor<8x4xf32, #trt.dynamic<0>>, tensor<8x4xf32, #trt.dynamic<0>>) -> tensor<8x4xf32, #trt.dynamic<0>>
// CHECK: kernel.assign
func.func @dynamic(%x: tensor<8x4xf32, #trt.dynamic<0>>) -> tensor<8x4xf32, #trt.dynamic<0>> attributes {trt.batch = array<i64: 1, 8, 32>, trt.tf32} {
  %0 = arhat.constant() {value = dense<0.0> : tensor<1x4xf32>} : () -> tensor<1x4xf32>
  %s = kernel.read_value(%0) {variable = "state"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %t = trt.unary(%s) {op = "neg"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %y = trt.element_wise(%x, %x) {op = "sum"} : (tensor<8x4xf32, #trt.dynamic<0>>, tensor<8x4xf32, #trt.dynamic<0>>) -> tensor<8x4xf32, #trt.dynamic<0>>
  kernel.assign(%t) {variable = "state"} : (tensor<1x4xf32>) -> ()
  func.return %y : tensor<8x4xf32, #trt.dynamic<0>>
}
