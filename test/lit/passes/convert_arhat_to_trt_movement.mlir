// RUN: arhat-opt %s --split-input-file -p convert-arhat-to-trt | filecheck %s

// Padding is a slice that starts before the elements, and what is negative cuts.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<5.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<f32>) -> tensor<f32>
// CHECK-NEXT: [[V2:%.*]] = trt.slice(%x, fill = [[V1]]) {starts = [-1, 2], sizes = [4, 3], strides = [1, 1], mode = "fill"} : (tensor<3x4xf32>, tensor<f32>) -> tensor<4x3xf32>
// CHECK-NEXT: [[V3:%.*]] = trt.slice(%x) {starts = [-1, 0], sizes = [5, 4], strides = [1, 1], mode = "reflect"} : (tensor<3x4xf32>) -> tensor<5x4xf32>
// CHECK-NEXT: func.return [[V2]], [[V3]] : tensor<4x3xf32>, tensor<5x4xf32>
func.func @main(%x: tensor<3x4xf32>) -> (tensor<4x3xf32>, tensor<5x4xf32>) {
  %0 = arhat.pad(%x) {pads_begin = [1, -2], pads_end = [0, 1], mode = "constant", value = 5.0} : (tensor<3x4xf32>) -> tensor<4x3xf32>
  %1 = arhat.pad(%x) {pads_begin = [1, 0], pads_end = [1, 0], mode = "reflect", value = 0.0} : (tensor<3x4xf32>) -> tensor<5x4xf32>
  func.return %0, %1 : tensor<4x3xf32>, tensor<5x4xf32>
}

// -----

// A mirror image with the edge: elements in reverse order on both sides.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.slice(%x) {starts = [0, 1], sizes = [3, 2], strides = [1, -1], mode = "strict_bounds"} : (tensor<3x4xf32>) -> tensor<3x2xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.slice(%x) {starts = [0, 3], sizes = [3, 1], strides = [1, -1], mode = "strict_bounds"} : (tensor<3x4xf32>) -> tensor<3x1xf32>
// CHECK-NEXT: [[V2:%.*]] = trt.concatenation([[V0]], %x, [[V1]]) {axis = 1} : (tensor<3x2xf32>, tensor<3x4xf32>, tensor<3x1xf32>) -> tensor<3x7xf32>
// CHECK-NEXT: func.return [[V2]] : tensor<3x7xf32>
func.func @main(%x: tensor<3x4xf32>) -> tensor<3x7xf32> {
  %0 = arhat.pad(%x) {pads_begin = [0, 2], pads_end = [0, 1], mode = "symmetric", value = 0.0} : (tensor<3x4xf32>) -> tensor<3x7xf32>
  func.return %0 : tensor<3x7xf32>
}

// -----

// Tiles wrap around, extents of 1 are read again and again.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.slice(%x) {starts = [0, 0], sizes = [2, 8], strides = [1, 1], mode = "wrap"} : (tensor<1x4xf32>) -> tensor<2x8xf32>
// CHECK-NEXT: [[V1:%.*]] = trt.slice(%x) {starts = [0, 0], sizes = [3, 4], strides = [0, 1], mode = "strict_bounds"} : (tensor<1x4xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: func.return [[V0]], [[V1]] : tensor<2x8xf32>, tensor<3x4xf32>
func.func @main(%x: tensor<1x4xf32>) -> (tensor<2x8xf32>, tensor<3x4xf32>) {
  %0 = arhat.tile(%x) {repeats = [2, 2]} : (tensor<1x4xf32>) -> tensor<2x8xf32>
  %1 = arhat.broadcast(%x) {shape = [3, 4]} : (tensor<1x4xf32>) -> tensor<3x4xf32>
  func.return %0, %1 : tensor<2x8xf32>, tensor<3x4xf32>
}

// -----

// Indices that count from the end: known ones are counted now, others in the network.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = dense<4> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<1xi64>) -> tensor<1xi64>
// CHECK-NEXT: [[V2:%.*]] = arhat.constant() {value = dense<0> : tensor<1xi64>} : () -> tensor<1xi64>
// CHECK-NEXT: [[V3:%.*]] = trt.constant([[V2]]) : (tensor<1xi64>) -> tensor<1xi64>
// CHECK-NEXT: [[V4:%.*]] = trt.element_wise(%i, [[V3]]) {op = "less"} : (tensor<3xi64>, tensor<1xi64>) -> tensor<3xi1>
// CHECK-NEXT: [[V5:%.*]] = trt.element_wise(%i, [[V1]]) {op = "sum"} : (tensor<3xi64>, tensor<1xi64>) -> tensor<3xi64>
// CHECK-NEXT: [[V6:%.*]] = trt.select([[V4]], [[V5]], %i) : (tensor<3xi1>, tensor<3xi64>, tensor<3xi64>) -> tensor<3xi64>
// CHECK-NEXT: [[V7:%.*]] = trt.gather(%x, [[V6]]) {mode = "default", axis = 0, elementwise_dims = 0} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
// CHECK-NEXT: [[V8:%.*]] = arhat.constant() {value = {{dense<\[}}3, 0]> : tensor<2xi64>} : () -> tensor<2xi64>
// CHECK-NEXT: [[V9:%.*]] = trt.constant([[V8]]) : (tensor<2xi64>) -> tensor<2xi64>
// CHECK-NEXT: [[V10:%.*]] = trt.gather(%x, [[V9]]) {mode = "default", axis = 0, elementwise_dims = 0} : (tensor<4x2xf32>, tensor<2xi64>) -> tensor<2x2xf32>
// CHECK-NEXT: func.return [[V7]], [[V10]] : tensor<3x2xf32>, tensor<2x2xf32>
func.func @main(%x: tensor<4x2xf32>, %i: tensor<3xi64>) -> (tensor<3x2xf32>, tensor<2x2xf32>) {
  %k = arhat.constant() {value = dense<[-1, 0]> : tensor<2xi64>} : () -> tensor<2xi64>
  %0 = arhat.gather(%x, %i) {axis = 0, batch_dims = 0} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  %1 = arhat.gather(%x, %k) {axis = 0, batch_dims = 0} : (tensor<4x2xf32>, tensor<2xi64>) -> tensor<2x2xf32>
  func.return %0, %1 : tensor<3x2xf32>, tensor<2x2xf32>
}

// -----

// Positions that TopK finds are never negative.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.shuffle(%x) {reshape = [1, 4, 1]} : (tensor<4xf32>) -> tensor<1x4x1xf32>
// CHECK-NEXT: [[V1:%.*]], [[V2:%.*]] = trt.top_k([[V0]]) {op = "max", k = 2, axis = 1} : (tensor<1x4x1xf32>) -> (tensor<1x2x1xf32>, tensor<1x2x1xi32>)
// CHECK-NEXT: [[V3:%.*]] = trt.shuffle([[V1]]) {reshape = [2]} : (tensor<1x2x1xf32>) -> tensor<2xf32>
// CHECK-NEXT: [[V4:%.*]] = trt.shuffle([[V2]]) {reshape = [2]} : (tensor<1x2x1xi32>) -> tensor<2xi32>
// CHECK-NEXT: [[V5:%.*]] = trt.cast([[V4]]) : (tensor<2xi32>) -> tensor<2xi64>
// CHECK-NEXT: [[V6:%.*]] = trt.gather(%y, [[V5]]) {mode = "default", axis = 0, elementwise_dims = 0} : (tensor<4x2xf32>, tensor<2xi64>) -> tensor<2x2xf32>
// CHECK-NEXT: func.return [[V6]] : tensor<2x2xf32>
func.func @main(%x: tensor<4xf32>, %y: tensor<4x2xf32>) -> tensor<2x2xf32> {
  %v, %i = arhat.topk(%x) {axis = 0, k = 2, mode = "max", sort = "value", index_type = "i64"} : (tensor<4xf32>) -> (tensor<2xf32>, tensor<2xi64>)
  %0 = arhat.gather(%y, %i) {axis = 0, batch_dims = 0} : (tensor<4x2xf32>, tensor<2xi64>) -> tensor<2x2xf32>
  func.return %0 : tensor<2x2xf32>
}

// -----

// Updates of places along another axis than the first; updates of one place twice are the kernel's.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = arhat.constant() {value = {{dense<\[\[}}3], [-1{{\]\]>}} : tensor<2x1xi64>} : () -> tensor<2x1xi64>
// CHECK-NEXT: [[V1:%.*]] = trt.constant([[V0]]) : (tensor<2x1xi64>) -> tensor<2x1xi64>
// CHECK-NEXT: [[V2:%.*]] = arhat.constant() {value = {{dense<\[\[}}0], [3{{\]\]>}} : tensor<2x1xi32>} : () -> tensor<2x1xi32>
// CHECK-NEXT: [[V3:%.*]] = trt.constant([[V2]]) : (tensor<2x1xi32>) -> tensor<2x1xi32>
// CHECK-NEXT: [[V4:%.*]] = trt.shuffle(%x) {first_transpose = [1, 0]} : (tensor<2x4xf32>) -> tensor<4x2xf32>
// CHECK-NEXT: [[V5:%.*]] = trt.shuffle(%u) {first_transpose = [1, 0]} : (tensor<2x2xf32>) -> tensor<2x2xf32>
// CHECK-NEXT: [[V6:%.*]] = trt.scatter([[V4]], [[V3]], [[V5]]) {mode = "nd", axis = 0} : (tensor<4x2xf32>, tensor<2x1xi32>, tensor<2x2xf32>) -> tensor<4x2xf32>
// CHECK-NEXT: [[V7:%.*]] = trt.shuffle([[V6]]) {first_transpose = [1, 0]} : (tensor<4x2xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: [[V8:%.*]] = kernel.scatter_update(%x, [[V1]], %u) {axis = 1, reduction = "none"} : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x2xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: func.return [[V7]], [[V8]] : tensor<2x4xf32>, tensor<2x4xf32>
func.func @main(%x: tensor<2x4xf32>, %u: tensor<2x2xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %i = arhat.constant() {value = dense<[[0], [3]]> : tensor<2x1xi64>} : () -> tensor<2x1xi64>
  %j = arhat.constant() {value = dense<[[3], [-1]]> : tensor<2x1xi64>} : () -> tensor<2x1xi64>
  %0 = arhat.scatter_update(%x, %i, %u) {axis = 1, reduction = "none"} : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %1 = arhat.scatter_update(%x, %j, %u) {axis = 1, reduction = "none"} : (tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x2xf32>) -> tensor<2x4xf32>
  func.return %0, %1 : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// The layer takes no vectors; what is sorted by position is the kernel's.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.shuffle(%x) {reshape = [1, 9, 1]} : (tensor<9xf32>) -> tensor<1x9x1xf32>
// CHECK-NEXT: [[V1:%.*]], [[V2:%.*]] = trt.top_k([[V0]]) {op = "max", k = 2, axis = 1} : (tensor<1x9x1xf32>) -> (tensor<1x2x1xf32>, tensor<1x2x1xi32>)
// CHECK-NEXT: [[V3:%.*]] = trt.shuffle([[V1]]) {reshape = [2]} : (tensor<1x2x1xf32>) -> tensor<2xf32>
// CHECK-NEXT: [[V4:%.*]] = trt.shuffle([[V2]]) {reshape = [2]} : (tensor<1x2x1xi32>) -> tensor<2xi32>
// CHECK-NEXT: [[V5:%.*]] = trt.cast([[V4]]) : (tensor<2xi32>) -> tensor<2xi64>
// CHECK-NEXT: [[V6:%.*]], [[V7:%.*]] = kernel.topk(%x) {axis = 0, k = 2, mode = "max", sort = "index", index_type = "i32"} : (tensor<9xf32>) -> (tensor<2xf32>, tensor<2xi32>)
// CHECK-NEXT: func.return [[V3]], [[V5]], [[V6]], [[V7]] : tensor<2xf32>, tensor<2xi64>, tensor<2xf32>, tensor<2xi32>
func.func @main(%x: tensor<9xf32>) -> (tensor<2xf32>, tensor<2xi64>, tensor<2xf32>, tensor<2xi32>) {
  %v, %i = arhat.topk(%x) {axis = 0, k = 2, mode = "max", sort = "value", index_type = "i64"} : (tensor<9xf32>) -> (tensor<2xf32>, tensor<2xi64>)
  %w, %j = arhat.topk(%x) {axis = 0, k = 2, mode = "max", sort = "index", index_type = "i32"} : (tensor<9xf32>) -> (tensor<2xf32>, tensor<2xi32>)
  func.return %v, %i, %w, %j : tensor<2xf32>, tensor<2xi64>, tensor<2xf32>, tensor<2xi32>
}

// -----

// An index out of range gives `off` alone, which the OneHot layer does not promise.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.shuffle(%i) {reshape = [3, 1]} : (tensor<3xi64>) -> tensor<3x1xi64>
// CHECK-NEXT: [[V1:%.*]] = arhat.constant() {value = {{dense<\[\[}}0, 1, 2, 3{{\]\]>}} : tensor<1x4xi64>} : () -> tensor<1x4xi64>
// CHECK-NEXT: [[V2:%.*]] = trt.constant([[V1]]) : (tensor<1x4xi64>) -> tensor<1x4xi64>
// CHECK-NEXT: [[V3:%.*]] = trt.element_wise([[V0]], [[V2]]) {op = "equal"} : (tensor<3x1xi64>, tensor<1x4xi64>) -> tensor<3x4xi1>
// CHECK-NEXT: [[V4:%.*]] = trt.shuffle(%on) {reshape = [1, 1]} : (tensor<f32>) -> tensor<1x1xf32>
// CHECK-NEXT: [[V5:%.*]] = trt.shuffle(%off) {reshape = [1, 1]} : (tensor<f32>) -> tensor<1x1xf32>
// CHECK-NEXT: [[V6:%.*]] = trt.select([[V3]], [[V4]], [[V5]]) : (tensor<3x4xi1>, tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: func.return [[V6]] : tensor<3x4xf32>
func.func @main(%i: tensor<3xi64>, %on: tensor<f32>, %off: tensor<f32>) -> tensor<3x4xf32> {
  %0 = arhat.one_hot(%i, %on, %off) {axis = 1, depth = 4, normalize = false} : (tensor<3xi64>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
  func.return %0 : tensor<3x4xf32>
}

// -----

// Neighbours that a setting of the layer finds, and ones that none finds.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.resize(%x) {mode = "nearest", coordinate_transformation = "asymmetric", selector = "formula", rounding = "floor"} : (tensor<1x1x2x3xf32>) -> tensor<1x1x4x6xf32>
// CHECK-NEXT: [[V1:%.*]] = arhat.constant() {value = {{dense<\[}}0, 0, 0, 1, 1]> : tensor<5xi32>} : () -> tensor<5xi32>
// CHECK-NEXT: [[V2:%.*]] = trt.constant([[V1]]) : (tensor<5xi32>) -> tensor<5xi32>
// CHECK-NEXT: [[V3:%.*]] = trt.gather(%x, [[V2]]) {mode = "default", axis = 3, elementwise_dims = 0} : (tensor<1x1x2x3xf32>, tensor<5xi32>) -> tensor<1x1x2x5xf32>
// CHECK-NEXT: func.return [[V0]], [[V3]] : tensor<1x1x4x6xf32>, tensor<1x1x2x5xf32>
func.func @main(%x: tensor<1x1x2x3xf32>) -> (tensor<1x1x4x6xf32>, tensor<1x1x2x5xf32>) {
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [4, 6], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "tf_half_pixel_for_nn", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x1x2x3xf32>) -> tensor<1x1x4x6xf32>
  %1 = arhat.interpolate(%x) {axes = [3], sizes = [5], scales = [3.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x1x2x3xf32>) -> tensor<1x1x2x5xf32>
  func.return %0, %1 : tensor<1x1x4x6xf32>, tensor<1x1x2x5xf32>
}

// -----

// The layer does not smooth while it shrinks.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[V0:%.*]] = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", rounding = "half_down"} : (tensor<1x1x4x8xf32>) -> tensor<1x1x8x16xf32>
// CHECK-NEXT: [[V1:%.*]] = kernel.interpolate(%x) {axes = [2, 3], sizes = [2, 4], scales = [0.5, 0.5], mode = "linear", coordinate_transformation = "half_pixel", nearest_mode = "floor", antialias = true, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x1x4x8xf32>) -> tensor<1x1x2x4xf32>
// CHECK-NEXT: func.return [[V0]], [[V1]] : tensor<1x1x8x16xf32>, tensor<1x1x2x4xf32>
func.func @main(%x: tensor<1x1x4x8xf32>) -> (tensor<1x1x8x16xf32>, tensor<1x1x2x4xf32>) {
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 16], scales = [2.0, 2.0], mode = "linear_onnx", coordinate_transformation = "half_pixel", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x1x4x8xf32>) -> tensor<1x1x8x16xf32>
  %1 = arhat.interpolate(%x) {axes = [2, 3], sizes = [2, 4], scales = [0.5, 0.5], mode = "linear", coordinate_transformation = "half_pixel", nearest_mode = "floor", antialias = true, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x1x4x8xf32>) -> tensor<1x1x2x4xf32>
  func.return %0, %1 : tensor<1x1x8x16xf32>, tensor<1x1x2x4xf32>
}
