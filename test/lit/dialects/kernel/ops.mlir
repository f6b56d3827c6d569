// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @elementwise
// CHECK-NEXT: kernel.elementwise(%x, %b) attributes {arhat.layers = [#arhat.layer<"gate", 7>]} {
// CHECK-NEXT: ^bb0(%p: f32, %q: f32):
// CHECK-NEXT:   %s = arith.addf %p, %q : f32
// CHECK-NEXT:   kernel.yield %s : f32
// CHECK-NEXT: } : (tensor<1x8x4x4xf32>, tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32>
func.func @elementwise(%x: tensor<1x8x4x4xf32>, %b: tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32> {
  %0 = kernel.elementwise(%x, %b) attributes {arhat.layers = [#arhat.layer<"gate", 7>]} {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    kernel.yield %s : f32
  } : (tensor<1x8x4x4xf32>, tensor<8x1x1xf32>) -> tensor<1x8x4x4xf32>
  func.return %0 : tensor<1x8x4x4xf32>
}

// Unsigned elements are signless inside the region: the operation has the sign.
// CHECK-LABEL: func.func @unsigned
// CHECK: ^bb0(%p: i8, %q: i8):
// CHECK-NEXT: arith.divui
func.func @unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  %0 = kernel.elementwise(%x, %y) {
  ^bb0(%p: i8, %q: i8):
    %d = arith.divui %p, %q : i8
    kernel.yield %d : i8
  } : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  func.return %0 : tensor<4xui8>
}

// CHECK-LABEL: func.func @movement
// CHECK: kernel.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x4x6x8xf32>
// CHECK: kernel.slice({{.*}}) {starts = [0, 3, 0, 0], sizes = [1, 2, 6, 8], steps = [1, -2, 1, 1]}
// CHECK: kernel.pad({{.*}}) {pads_begin = [0, 1, 0, 0], pads_end = [0, 0, 0, 0], mode = "constant", value = 0.0}
// CHECK: kernel.concat({{.*}}) {axis = 1}
// CHECK: kernel.tile({{.*}}) {repeats = [2, 1, 1, 1]}
// CHECK: kernel.reshape({{.*}}) : (tensor<2x6x6x8xf32>) -> tensor<12x48xf32>
// CHECK: kernel.broadcast({{.*}}) : (tensor<12x48xf32>) -> tensor<5x12x48xf32>
func.func @movement(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<5x12x48xf32> {
  %0 = kernel.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x4x6x8xf32>
  %1 = kernel.slice(%0) {starts = [0, 3, 0, 0], sizes = [1, 2, 6, 8], steps = [1, -2, 1, 1]} : (tensor<1x4x6x8xf32>) -> tensor<1x2x6x8xf32>
  %2 = kernel.pad(%1) {pads_begin = [0, 1, 0, 0], pads_end = [0, 0, 0, 0], mode = "constant", value = 0.0} : (tensor<1x2x6x8xf32>) -> tensor<1x3x6x8xf32>
  %3 = kernel.concat(%2, %2) {axis = 1} : (tensor<1x3x6x8xf32>, tensor<1x3x6x8xf32>) -> tensor<1x6x6x8xf32>
  %4 = kernel.tile(%3) {repeats = [2, 1, 1, 1]} : (tensor<1x6x6x8xf32>) -> tensor<2x6x6x8xf32>
  %5 = kernel.reshape(%4) : (tensor<2x6x6x8xf32>) -> tensor<12x48xf32>
  %6 = kernel.broadcast(%5) : (tensor<12x48xf32>) -> tensor<5x12x48xf32>
  func.return %6 : tensor<5x12x48xf32>
}

// CHECK-LABEL: func.func @reductions
// CHECK: kernel.reduce(%x) {kind = "mean", axes = [2, 3], keep_dims = true} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x1x1xf32>
// CHECK: kernel.normalize_l2(%x) {axes = [1], eps = 1.0e-10, eps_mode = "add"}
// CHECK: kernel.softmax(%x) {axis = 1}
// CHECK: kernel.convert({{.*}}) : (tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xi64>
// CHECK: kernel.gather(%x, %i) {axis = 3, batch_dims = 0} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>, tensor<2xi64>) -> tensor<1x8x4x2xf32>
func.func @reductions(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>, %i: tensor<2xi64>) {
  %0 = kernel.reduce(%x) {kind = "mean", axes = [2, 3], keep_dims = true} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x1x1xf32>
  %1 = kernel.normalize_l2(%x) {axes = [1], eps = 1.0e-10, eps_mode = "add"} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  %2 = kernel.softmax(%x) {axis = 1} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x4x6xf32, #kernel.nhwc<16>>
  %3 = kernel.convert(%0) : (tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xi64>
  %4 = kernel.gather(%x, %i) {axis = 3, batch_dims = 0} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>, tensor<2xi64>) -> tensor<1x8x4x2xf32>
  func.return
}

// CHECK-LABEL: func.func @detection
// CHECK: kernel.prior_box_clustered() {feature = [2, 3], image = [20, 30], width = [4.0], height = [5.0], variance = [0.1], step_w = 0.0, step_h = 0.0, offset = 0.5, clip = false} : () -> tensor<2x24xf32>
// CHECK: kernel.detection_output(%loc, %conf, %priors) {background_label_id = 0, top_k = 20, keep_top_k = [10], code_type = "center_size"
// CHECK-SAME: input_is_logits = true, scratch_bytes = 1024} : (tensor<1x24xf32>, tensor<1x12xf32>, tensor<1x2x24xf32>) -> tensor<1x1x10x7xf32>
// CHECK: kernel.region_yolo(%head) {coords = 4, classes = 2, num = 3, axis = 1, end_axis = 3, mask = [0, 1, 2], anchors = [], do_softmax = false}
func.func @detection(%loc: tensor<1x24xf32>, %conf: tensor<1x12xf32>, %priors: tensor<1x2x24xf32>, %head: tensor<1x21x4x4xf32>) {
  %0 = kernel.prior_box_clustered() {feature = [2, 3], image = [20, 30], width = [4.0], height = [5.0], variance = [0.1], step_w = 0.0, step_h = 0.0, offset = 0.5, clip = false} : () -> tensor<2x24xf32>
  %1 = kernel.detection_output(%loc, %conf, %priors) {background_label_id = 0, top_k = 20, keep_top_k = [10], code_type = "center_size", variance_encoded_in_target = false, share_location = true, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, nms_threshold = 0.45, confidence_threshold = 0.1, objectness_score = 0.0, input_height = 1, input_width = 1, num_classes = 2, input_is_logits = true, scratch_bytes = 1024} : (tensor<1x24xf32>, tensor<1x12xf32>, tensor<1x2x24xf32>) -> tensor<1x1x10x7xf32>
  %2 = kernel.region_yolo(%head) {coords = 4, classes = 2, num = 3, axis = 1, end_axis = 3, mask = [0, 1, 2], anchors = [], do_softmax = false} : (tensor<1x21x4x4xf32>) -> tensor<1x21x4x4xf32>
  func.return
}

// CHECK-LABEL: func.func @interpolate
// CHECK: kernel.interpolate(%x) {axes = [2, 3], sizes = [8, 12], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]}
func.func @interpolate(%x: tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x8x12xf32, #kernel.nhwc<16>> {
  %0 = kernel.interpolate(%x) {axes = [2, 3], sizes = [8, 12], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x8x4x6xf32, #kernel.nhwc<16>>) -> tensor<1x8x8x12xf32, #kernel.nhwc<16>>
  func.return %0 : tensor<1x8x8x12xf32, #kernel.nhwc<16>>
}
