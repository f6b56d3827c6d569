// The text of every operation reads back as it was printed, in both forms.
//
// RUN: arhat-opt %s | arhat-opt | filecheck %s
// RUN: arhat-opt %s --print-op-generic | arhat-opt | filecheck %s

// CHECK-LABEL: func.func @resample(
// CHECK-NEXT: %0 = kernel.resample(%a) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5, scratch_bytes = 640} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
func.func @resample(%a: tensor<1x3x4x16xf32>) {
  %0 = kernel.resample(%a) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5, scratch_bytes = 640} : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
  func.return
}
