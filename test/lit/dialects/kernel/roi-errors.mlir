// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @proposal(%s: tensor<2x24x38x38xf32>, %d: tensor<2x48x38x38xf32>, %i: tensor<3xf32>) -> (tensor<599x5xf32>) {
  // expected-error@below {{boxes must be 600x5, got tensor<599x5xf32>}}
  %r, %p = kernel.proposal(%s, %d, %i) {base_size = 256, pre_nms_topn = 6000, post_nms_topn = 300, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0, 2.0], scale = [0.25, 0.5, 1.0, 2.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = "tensorflow", scratch_bytes = 841472} : (tensor<2x24x38x38xf32>, tensor<2x48x38x38xf32>, tensor<3xf32>) -> (tensor<599x5xf32>, tensor<600xf32>)
  func.return %r : tensor<599x5xf32>
}

// -----

func.func @scores(%s: tensor<2x24x38x38xf32>, %d: tensor<2x48x38x38xf32>, %i: tensor<3xf32>) -> (tensor<600x5xf32>) {
  // expected-error@below {{there must be 600 scores, got tensor<599xf32>}}
  %r, %p = kernel.proposal(%s, %d, %i) {base_size = 256, pre_nms_topn = 6000, post_nms_topn = 300, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0, 2.0], scale = [0.25, 0.5, 1.0, 2.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = "tensorflow", scratch_bytes = 841472} : (tensor<2x24x38x38xf32>, tensor<2x48x38x38xf32>, tensor<3xf32>) -> (tensor<600x5xf32>, tensor<599xf32>)
  func.return %r : tensor<600x5xf32>
}

// -----

func.func @anchors(%s: tensor<2x24x38x38xf32>, %d: tensor<2x48x38x38xf32>, %i: tensor<3xf32>) -> (tensor<600x5xf32>) {
  // expected-error@below {{8 anchors need 16 scores}}
  %r, %p = kernel.proposal(%s, %d, %i) {base_size = 256, pre_nms_topn = 6000, post_nms_topn = 300, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0], scale = [0.25, 0.5, 1.0, 2.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = "tensorflow", scratch_bytes = 841472} : (tensor<2x24x38x38xf32>, tensor<2x48x38x38xf32>, tensor<3xf32>) -> (tensor<600x5xf32>, tensor<600xf32>)
  func.return %r : tensor<600x5xf32>
}

// -----

func.func @pooled(%x: tensor<1x18x9x9xf32>, %q: tensor<5x5xf32>) -> (tensor<5x18x14x7xf32>) {
  // expected-error@below {{result must have shape [5, 18, 14, 8], got [5, 18, 14, 7]}}
  %0 = kernel.roi_pooling(%x, %q) {pooled = [14, 8], spatial_scale = 0.0625, method = "max"} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x14x7xf32>
  func.return %0 : tensor<5x18x14x7xf32>
}

// -----

func.func @channels(%x: tensor<1x18x9x9xf32>, %q: tensor<5x5xf32>) -> (tensor<5x2x3x3xf32>) {
  // expected-error@below {{features must have 27 channels}}
  %1 = kernel.psroi_pooling(%x, %q) {output_dim = 3, group_size = 3, spatial_scale = 1.0, mode = "average", bins = [1, 1]} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x2x3x3xf32>
  func.return %1 : tensor<5x2x3x3xf32>
}

// -----

func.func @images(%x: tensor<1x18x9x9xf32>, %b: tensor<5x4xf32>, %j: tensor<4xi32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{there must be one image for each box}}
  %2 = kernel.roi_align(%x, %b, %j) {pooled = [2, 2], sampling_ratio = 0, spatial_scale = 0.25, mode = "avg", aligned_mode = "half_pixel"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>, tensor<4xi32>) -> tensor<5x18x2x2xf32>
  func.return %2 : tensor<5x18x2x2xf32>
}

// -----

func.func @rows(%c: tensor<1x9x4xf32>, %k: tensor<1x2x9xf32>) -> (tensor<4x3xi64>) {
  // expected-error@below {{result must be 4x3, got tensor<5x3xf32>}}
  %3, %v, %n = kernel.non_max_suppression(%c, %k) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64", scratch_bytes = 960} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<5x3xf32>, tensor<1xi64>)
  func.return %3 : tensor<4x3xi64>
}

// -----

func.func @positions(%c: tensor<1x9x4xf32>, %k: tensor<1x2x9xf32>) -> (tensor<4x3xi64>) {
  // expected-error@below {{positions must be i32, got i64}}
  %3, %v, %n = kernel.non_max_suppression(%c, %k) {max_output_boxes = 2, iou_threshold = 0.5, score_threshold = 0.1, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i32", scratch_bytes = 960} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<4x3xi64>, tensor<4x3xf32>, tensor<1xi64>)
  func.return %3 : tensor<4x3xi64>
}

// -----

func.func @room(%k: tensor<1x2x9xf32>) -> (tensor<3x17xi32>) {
  // expected-error@below {{positions must have shape [3, 18]}}
  %4, %m = kernel.non_zero(%k) {index_type = "i32"} : (tensor<1x2x9xf32>) -> (tensor<3x17xi32>, tensor<1xi32>)
  func.return %4 : tensor<3x17xi32>
}
