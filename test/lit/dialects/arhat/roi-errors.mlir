// RUN: arhat-opt %s --split-input-file --verify-diagnostics

func.func @result(%s: tensor<1x4x3x3xf32>, %d: tensor<1x8x3x3xf32>, %i: tensor<3xf32>) -> (tensor<4x5xf32>, tensor<3xf32>) {
  // expected-error@below {{result type must be tensor<3x5xf32> by the shape rule, got tensor<4x5xf32>}}
  %a, %b = arhat.proposal(%s, %d, %i) {base_size = 16, pre_nms_topn = 9, post_nms_topn = 3, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0], scale = [1.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = ""} : (tensor<1x4x3x3xf32>, tensor<1x8x3x3xf32>, tensor<3xf32>) -> (tensor<4x5xf32>, tensor<3xf32>)
  func.return %a, %b : tensor<4x5xf32>, tensor<3xf32>
}

// -----

func.func @scores(%s: tensor<1x5x3x3xf32>, %d: tensor<1x8x3x3xf32>, %i: tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>) {
  // expected-error@below {{2 anchors need 4 score channels, got 5}}
  %a, %b = arhat.proposal(%s, %d, %i) {base_size = 16, pre_nms_topn = 9, post_nms_topn = 3, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0], scale = [1.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = ""} : (tensor<1x5x3x3xf32>, tensor<1x8x3x3xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  func.return %a, %b : tensor<3x5xf32>, tensor<3xf32>
}

// -----

func.func @deltas(%s: tensor<1x4x3x3xf32>, %d: tensor<1x8x3x4xf32>, %i: tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>) {
  // expected-error@below {{deltas must be [1, 8, 3, 3], got tensor<1x8x3x4xf32>}}
  %a, %b = arhat.proposal(%s, %d, %i) {base_size = 16, pre_nms_topn = 9, post_nms_topn = 3, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0], scale = [1.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = ""} : (tensor<1x4x3x3xf32>, tensor<1x8x3x4xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  func.return %a, %b : tensor<3x5xf32>, tensor<3xf32>
}

// -----

func.func @info(%s: tensor<1x4x3x3xf32>, %d: tensor<1x8x3x3xf32>, %i: tensor<2xf32>) -> (tensor<3x5xf32>, tensor<3xf32>) {
  // expected-error@below {{the size of the image must have 3 or 4 values, got tensor<2xf32>}}
  %a, %b = arhat.proposal(%s, %d, %i) {base_size = 16, pre_nms_topn = 9, post_nms_topn = 3, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0], scale = [1.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = ""} : (tensor<1x4x3x3xf32>, tensor<1x8x3x3xf32>, tensor<2xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  func.return %a, %b : tensor<3x5xf32>, tensor<3xf32>
}

// -----

func.func @ratio(%s: tensor<1x4x3x3xf32>, %d: tensor<1x8x3x3xf32>, %i: tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>) {
  // expected-error@below {{'ratio' and 'scale' must be positive}}
  %a, %b = arhat.proposal(%s, %d, %i) {base_size = 16, pre_nms_topn = 9, post_nms_topn = 3, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [-0.5, 1.0], scale = [1.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = ""} : (tensor<1x4x3x3xf32>, tensor<1x8x3x3xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  func.return %a, %b : tensor<3x5xf32>, tensor<3xf32>
}

// -----

func.func @none(%s: tensor<1x4x3x3xf32>, %d: tensor<1x8x3x3xf32>, %i: tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>) {
  // expected-error@below {{'post_nms_topn' must be positive and below 2^31, got 0}}
  %a, %b = arhat.proposal(%s, %d, %i) {base_size = 16, pre_nms_topn = 9, post_nms_topn = 0, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0], scale = [1.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = ""} : (tensor<1x4x3x3xf32>, tensor<1x8x3x3xf32>, tensor<3xf32>) -> (tensor<3x5xf32>, tensor<3xf32>)
  func.return %a, %b : tensor<3x5xf32>, tensor<3xf32>
}

// -----

func.func @boxes(%x: tensor<1x18x9x9xf32>, %r: tensor<5x4xf32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{the boxes must be Rx5, got tensor<5x4xf32>}}
  %a = arhat.roi_pooling(%x, %r) {pooled = [2, 2], spatial_scale = 1.0, method = "max"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @method(%x: tensor<1x18x9x9xf32>, %r: tensor<5x5xf32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{'method': expected one of max, bilinear}}
  %a = arhat.roi_pooling(%x, %r) {pooled = [2, 2], spatial_scale = 1.0, method = "mean"} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @pooled(%x: tensor<1x18x9x9xf32>, %r: tensor<5x5xf32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{'pooled' must have 2 values, got 1}}
  %a = arhat.roi_pooling(%x, %r) {pooled = [2], spatial_scale = 1.0, method = "max"} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @scale(%x: tensor<1x18x9x9xf32>, %r: tensor<5x5xf32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{'spatial_scale' must be positive}}
  %a = arhat.roi_pooling(%x, %r) {pooled = [2, 2], spatial_scale = 0.0, method = "max"} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @rank(%x: tensor<18x9x9xf32>, %r: tensor<5x5xf32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{the features must have rank 4, got tensor<18x9x9xf32>}}
  %a = arhat.roi_pooling(%x, %r) {pooled = [2, 2], spatial_scale = 1.0, method = "max"} : (tensor<18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @channels(%x: tensor<1x18x9x9xf32>, %r: tensor<5x5xf32>) -> (tensor<5x2x2x2xf32>) {
  // expected-error@below {{the features must have 8 channels, got 18}}
  %a = arhat.psroi_pooling(%x, %r) {output_dim = 2, group_size = 2, spatial_scale = 1.0, mode = "average", bins = [1, 1]} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x2x2x2xf32>
  func.return %a : tensor<5x2x2x2xf32>
}

// -----

func.func @images(%x: tensor<1x18x9x9xf32>, %r: tensor<5x4xf32>, %j: tensor<4xi32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{5 boxes need as many images, got tensor<4xi32>}}
  %a = arhat.roi_align(%x, %r, %j) {pooled = [2, 2], sampling_ratio = 2, spatial_scale = 1.0, mode = "avg", aligned_mode = "asymmetric"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>, tensor<4xi32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @image_type(%x: tensor<1x18x9x9xf32>, %r: tensor<5x4xf32>, %j: tensor<5xf32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{images must be i32 or i64, got f32}}
  %a = arhat.roi_align(%x, %r, %j) {pooled = [2, 2], sampling_ratio = 2, spatial_scale = 1.0, mode = "avg", aligned_mode = "asymmetric"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>, tensor<5xf32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}

// -----

func.func @samples(%x: tensor<1x18x9x9xf32>, %r: tensor<5x4xf32>, %j: tensor<5xi32>) -> (tensor<5x18x2x2xf32>) {
  // expected-error@below {{'sampling_ratio' must be in [0, 4096)}}
  %a = arhat.roi_align(%x, %r, %j) {pooled = [2, 2], sampling_ratio = -1, spatial_scale = 1.0, mode = "avg", aligned_mode = "asymmetric"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>, tensor<5xi32>) -> tensor<5x18x2x2xf32>
  func.return %a : tensor<5x18x2x2xf32>
}
