// RUN: arhat-opt %s -p outline-plugins --split-input-file | filecheck %s

// Properties become fields, but for the scratch memory, which the plugin is asked for; layers stay.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[Y:.*]] = trt.plugin(%{{.*}}, %{{.*}}) {plugin = "ROIPooling", fields = {pooled = array<i64: 7, 7>, spatial_scale = 6.250000e-02 : f64, method = "max"}, arhat.layers = [#arhat.layer<"pool", 3>]} : (tensor<1x8x14x14xf32>, tensor<3x5xf32>) -> tensor<3x8x7x7xf32>
// CHECK-NEXT: %{{.*}}, %{{.*}}, %{{.*}} = trt.plugin(%{{.*}}, %{{.*}}) {plugin = "NonMaxSuppression",
// CHECK-NOT: scratch_bytes
// CHECK: trt.activation
// CHECK-NEXT: func.return
func.func @main(%x: tensor<1x8x14x14xf32>, %rois: tensor<3x5xf32>, %boxes: tensor<1x9x4xf32>, %scores: tensor<1x2x9xf32>) -> (tensor<3x8x7x7xf32>, tensor<6x3xi64>, tensor<6x3xf32>, tensor<1xi64>) {
  %0 = kernel.roi_pooling(%x, %rois) {pooled = [7, 7], spatial_scale = 0.0625, method = "max", arhat.layers = [#arhat.layer<"pool", 3>]} : (tensor<1x8x14x14xf32>, tensor<3x5xf32>) -> tensor<3x8x7x7xf32>
  %1, %2, %3 = kernel.non_max_suppression(%boxes, %scores) {max_output_boxes = 3, iou_threshold = 0.5, score_threshold = 0.0, soft_nms_sigma = 0.0, box_encoding = "corner", sort_result_descending = true, index_type = "i64", scratch_bytes = 64} : (tensor<1x9x4xf32>, tensor<1x2x9xf32>) -> (tensor<6x3xi64>, tensor<6x3xf32>, tensor<1xi64>)
  %4 = trt.activation(%0) {kind = "relu"} : (tensor<3x8x7x7xf32>) -> tensor<3x8x7x7xf32>
  func.return %4, %1, %2, %3 : tensor<3x8x7x7xf32>, tensor<6x3xi64>, tensor<6x3xf32>, tensor<1xi64>
}

// -----

// Booleans are integers beside a plugin; indices are what they are.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[X:.*]] = trt.cast(%{{.*}}) : (tensor<4x2xi1>) -> tensor<4x2xi32>
// CHECK-NEXT: %[[U:.*]] = trt.cast(%{{.*}}) : (tensor<3x2xi1>) -> tensor<3x2xi32>
// CHECK-NEXT: %[[Y:.*]] = trt.plugin(%[[X]], %{{.*}}, %[[U]]) {plugin = "ScatterUpdate", {{.*}}} : (tensor<4x2xi32>, tensor<3x1xi64>, tensor<3x2xi32>) -> tensor<4x2xi32>
// CHECK-NEXT: %[[B:.*]] = trt.cast(%[[Y]]) : (tensor<4x2xi32>) -> tensor<4x2xi1>
// CHECK-NEXT: func.return %[[B]]
func.func @main(%x: tensor<4x2xi1>, %i: tensor<3x1xi64>, %u: tensor<3x2xi1>) -> tensor<4x2xi1> {
  %0 = kernel.scatter_update(%x, %i, %u) {axis = 0, reduction = "none"} : (tensor<4x2xi1>, tensor<3x1xi64>, tensor<3x2xi1>) -> tensor<4x2xi1>
  func.return %0 : tensor<4x2xi1>
}
