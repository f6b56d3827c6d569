// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @interpolate(
// CHECK-NEXT: %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
func.func @interpolate(%x: tensor<1x3x4x4xf32>) {
  %0 = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest", coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  func.return
}

// CHECK-LABEL: func.func @resample(
// CHECK-NEXT: %0 = arhat.resample(%a) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
func.func @resample(%a: tensor<1x3x4x16xf32>) {
  %0 = arhat.resample(%a) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
  func.return
}
