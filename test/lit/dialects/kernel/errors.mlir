// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @transpose(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@below {{result must have shape [3, 2], got [2, 3]}}
  %0 = kernel.transpose(%x) {perm = [1, 0]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// -----

func.func @permutation(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error@below {{perm must be a permutation of the axes}}
  %0 = kernel.transpose(%x) {perm = [1, 1]} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// -----

func.func @slice(%x: tensor<4xf32>) -> tensor<3xf32> {
  // expected-error@below {{slice reaches outside of the operand}}
  %0 = kernel.slice(%x) {starts = [1], sizes = [3], steps = [-1]} : (tensor<4xf32>) -> tensor<3xf32>
  func.return %0 : tensor<3xf32>
}

// -----

func.func @element_type(%x: tensor<4xf32>) -> tensor<4xi64> {
  // expected-error@below {{result must have the operand's element type f32, got i64}}
  %0 = kernel.softmax(%x) {axis = 0} : (tensor<4xf32>) -> tensor<4xi64>
  func.return %0 : tensor<4xi64>
}

// -----

func.func @softmax(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@below {{axis out of range}}
  %0 = kernel.softmax(%x) {axis = 1} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// -----

func.func @concat(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) -> tensor<2x8xf32> {
  // expected-error@below {{operands differ off the axis}}
  %0 = kernel.concat(%x, %y) {axis = 1} : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x8xf32>
  func.return %0 : tensor<2x8xf32>
}

// -----

func.func @reshape(%x: tensor<2x4xf32>) -> tensor<9xf32> {
  // expected-error@below {{result must have as many elements as the operand}}
  %0 = kernel.reshape(%x) : (tensor<2x4xf32>) -> tensor<9xf32>
  func.return %0 : tensor<9xf32>
}

// -----

func.func @broadcast(%x: tensor<2x4xf32>) -> tensor<2x5xf32> {
  // expected-error@below {{operand does not broadcast to the result}}
  %0 = kernel.broadcast(%x) : (tensor<2x4xf32>) -> tensor<2x5xf32>
  func.return %0 : tensor<2x5xf32>
}

// -----

func.func @aux(%loc: tensor<1x8xf32>, %conf: tensor<1x4xf32>, %priors: tensor<1x2x8xf32>) -> tensor<1x1x10x7xf32> {
  // expected-error@below {{aux_conf and aux_loc come together}}
  %0 = kernel.detection_output(%loc, %conf, %priors, %conf) {background_label_id = 0, top_k = 20, keep_top_k = [10], code_type = "center_size", variance_encoded_in_target = false, share_location = true, clip_before_nms = false, clip_after_nms = false, decrease_label_id = false, normalized = true, nms_threshold = 0.45, confidence_threshold = 0.1, objectness_score = 0.0, input_height = 1, input_width = 1, num_classes = 2, scratch_bytes = 0} : (tensor<1x8xf32>, tensor<1x4xf32>, tensor<1x2x8xf32>, tensor<1x4xf32>) -> tensor<1x1x10x7xf32>
  func.return %0 : tensor<1x1x10x7xf32>
}

// -----

func.func @region_arguments(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error@below {{region argument must be f32, got f64}}
  %0 = kernel.elementwise(%x) {
  ^bb0(%p: f64):
    %q = arith.truncf %p : f64 to f32
    kernel.yield %q : f32
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  func.return %0 : tensor<2x4xf32>
}

// -----

func.func @region_result(%x: tensor<2x4xf32>) -> tensor<2x4xi64> {
  // expected-error@below {{the region must yield i64, got f32}}
  %0 = kernel.elementwise(%x) {
  ^bb0(%p: f32):
    kernel.yield %p : f32
  } : (tensor<2x4xf32>) -> tensor<2x4xi64>
  func.return %0 : tensor<2x4xi64>
}

// -----

func.func @region_broadcast(%x: tensor<3x4xf32>) -> tensor<2x4xf32> {
  // expected-error@below {{operand [3, 4] does not broadcast to [2, 4]}}
  %0 = kernel.elementwise(%x) {
  ^bb0(%p: f32):
    kernel.yield %p : f32
  } : (tensor<3x4xf32>) -> tensor<2x4xf32>
  func.return %0 : tensor<2x4xf32>
}
