// RUN: arhat-opt %s -p 'add-detection{max=2}' --split-input-file | filecheck %s

// Boxes that are decoded already, in pixels of the picture: fractions of it, and a list of the best.
// CHECK-LABEL: func.func @main(%x: tensor<1x3x8x8xf32>, %y: tensor<1x5x6xf32>) -> (tensor<1x1x2x7xf32> {arhat.name = "detections"})
// CHECK: %[[ROWS:.*]] = arhat.transpose(%y) {perm = [0, 2, 1]
// CHECK: %[[XY:.*]] = arhat.slice(%[[ROWS]]) {starts = [0, 0, 0], sizes = [1, 6, 2]
// CHECK: %[[WH:.*]] = arhat.slice(%[[ROWS]]) {starts = [0, 0, 2], sizes = [1, 6, 2]
// CHECK: %[[P:.*]] = arhat.slice(%[[ROWS]]) {starts = [0, 0, 4], sizes = [1, 6, 1]
// CHECK: %[[C:.*]] = arhat.multiply(%[[XY]], %{{.*}})
// CHECK: %[[H:.*]] = arhat.multiply(%[[WH]], %{{.*}})
// CHECK: arhat.subtract(%[[C]], %[[H]])
// CHECK: arhat.add(%[[C]], %[[H]])
// CHECK: %[[CONF:.*]] = arhat.reshape(%[[P]]) {shape = [1, 6]
// CHECK: arhat.detection_output(%{{.*}}, %[[CONF]], %{{.*}}) {num_classes = 1, background_label_id = -1, top_k = 400, keep_top_k = [2], code_type = "corner", variance_encoded_in_target = true, share_location = true, nms_threshold = 0.45, confidence_threshold = 0.25,
func.func @main(%x: tensor<1x3x8x8xf32>, %y: tensor<1x5x6xf32>) -> tensor<1x5x6xf32> {
  func.return %y : tensor<1x5x6xf32>
}

// -----

// RegionYolo says what its head is. Positions and scores are probabilities already, so only sizes need a function.
// CHECK-LABEL: func.func @main(%x: tensor<1x14x4x4xf32>) -> (tensor<1x1x2x7xf32> {arhat.name = "detections"})
// CHECK: %[[R:.*]] = arhat.region_yolo
// CHECK: arhat.reshape(%[[R]]) {shape = [1, 2, 7, 16]
// CHECK: arhat.transpose(%{{.*}}) {perm = [0, 1, 3, 2]
// CHECK-NOT: arhat.sigmoid
// CHECK: arhat.exp(
// CHECK: arhat.detection_output
func.func @main(%x: tensor<1x14x4x4xf32>) -> tensor<1x14x4x4xf32> {
  %0 = arhat.region_yolo(%x) {coords = 4, classes = 2, num = 3, mask = [0, 2], anchors = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], axis = 1, end_axis = 3, do_softmax = false} : (tensor<1x14x4x4xf32>) -> tensor<1x14x4x4xf32>
  func.return %0 : tensor<1x14x4x4xf32>
}
