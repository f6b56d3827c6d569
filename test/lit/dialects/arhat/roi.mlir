// RUN: arhat-opt %s | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @proposal
// CHECK: arhat.proposal(%s, %d, %i) {base_size = 256, pre_nms_topn = 6000, post_nms_topn = 300, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0, 2.0], scale = [0.25, 0.5, 1.0, 2.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = "tensorflow"} : (tensor<2x24x38x38xf32>, tensor<2x48x38x38xf32>, tensor<3xf32>) -> (tensor<600x5xf32>, tensor<600xf32>)
func.func @proposal(%s: tensor<2x24x38x38xf32>, %d: tensor<2x48x38x38xf32>, %i: tensor<3xf32>) -> (tensor<600x5xf32>, tensor<600xf32>) {
  %r, %p = arhat.proposal(%s, %d, %i) {base_size = 256, pre_nms_topn = 6000, post_nms_topn = 300, nms_thresh = 0.7, feat_stride = 16, min_size = 1, ratio = [0.5, 1.0, 2.0], scale = [0.25, 0.5, 1.0, 2.0], clip_before_nms = false, clip_after_nms = true, normalize = true, box_size_scale = 5.0, box_coordinate_scale = 10.0, framework = "tensorflow"} : (tensor<2x24x38x38xf32>, tensor<2x48x38x38xf32>, tensor<3xf32>) -> (tensor<600x5xf32>, tensor<600xf32>)
  func.return %r, %p : tensor<600x5xf32>, tensor<600xf32>
}

// CHECK-LABEL: func.func @pooling
// CHECK: arhat.roi_pooling(%x, %r) {pooled = [14, 7], spatial_scale = 0.0625, method = "max"} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x14x7xf32>
// CHECK: arhat.psroi_pooling(%x, %r) {output_dim = 2, group_size = 3, spatial_scale = 1.0, mode = "average", bins = [1, 1]} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x2x3x3xf32>
// CHECK: arhat.psroi_pooling(%x, %r) {output_dim = 3, group_size = 4, spatial_scale = 1.0, mode = "bilinear", bins = [2, 3]} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x3x4x4xf32>
// CHECK: arhat.roi_align(%x, %b, %i) {pooled = [2, 2], sampling_ratio = 0, spatial_scale = 0.25, mode = "avg", aligned_mode = "half_pixel"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>, tensor<5xi32>) -> tensor<5x18x2x2xf32>
func.func @pooling(%x: tensor<1x18x9x9xf32>, %r: tensor<5x5xf32>, %b: tensor<5x4xf32>, %i: tensor<5xi32>) -> (tensor<5x18x14x7xf32>, tensor<5x2x3x3xf32>, tensor<5x3x4x4xf32>, tensor<5x18x2x2xf32>) {
  %0 = arhat.roi_pooling(%x, %r) {pooled = [14, 7], spatial_scale = 0.0625, method = "max"} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x18x14x7xf32>
  %1 = arhat.psroi_pooling(%x, %r) {output_dim = 2, group_size = 3, spatial_scale = 1.0, mode = "average", bins = [1, 1]} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x2x3x3xf32>
  %2 = arhat.psroi_pooling(%x, %r) {output_dim = 3, group_size = 4, spatial_scale = 1.0, mode = "bilinear", bins = [2, 3]} : (tensor<1x18x9x9xf32>, tensor<5x5xf32>) -> tensor<5x3x4x4xf32>
  %3 = arhat.roi_align(%x, %b, %i) {pooled = [2, 2], sampling_ratio = 0, spatial_scale = 0.25, mode = "avg", aligned_mode = "half_pixel"} : (tensor<1x18x9x9xf32>, tensor<5x4xf32>, tensor<5xi32>) -> tensor<5x18x2x2xf32>
  func.return %0, %1, %2, %3 : tensor<5x18x14x7xf32>, tensor<5x2x3x3xf32>, tensor<5x3x4x4xf32>, tensor<5x18x2x2xf32>
}
