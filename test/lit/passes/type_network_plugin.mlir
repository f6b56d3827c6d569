// RUN: arhat-opt %s -p 'type-network{to=f16}' --split-input-file | filecheck %s

// Feature maps of a plugin may have 16 bits, regions never.
// CHECK-LABEL: func.func @main(%x: tensor<1x2x8x8xf32>, %r: tensor<3x5xf32>)
// CHECK-NEXT: [[X:%.*]] = trt.cast(%x) {{.*}} -> tensor<1x2x8x8xf16>
// CHECK-NEXT: [[P:%.*]] = trt.plugin([[X]], %r) {{.*}} : (tensor<1x2x8x8xf16>, tensor<3x5xf32>) -> tensor<3x2x4x4xf16>
// CHECK: trt.convolution([[P]], {{.*}} -> tensor<3x2x4x4xf16>
func.func @main(%x: tensor<1x2x8x8xf32>, %r: tensor<3x5xf32>) -> tensor<3x2x4x4xf32> {
  %w = arhat.constant() {value = dense<0.5> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
  %0 = trt.plugin(%x, %r) {plugin = "ROIPooling", fields = {method = "max", pooled = array<i64: 4, 4>, spatial_scale = 0.5 : f64}} : (tensor<1x2x8x8xf32>, tensor<3x5xf32>) -> tensor<3x2x4x4xf32>
  %1 = trt.convolution(%0, %w) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<3x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<3x2x4x4xf32>
  func.return %1 : tensor<3x2x4x4xf32>
}

// -----

// Others stay f32, with casts around them.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = trt.matrix_multiply({{.*}} -> tensor<4x4xf16>
// CHECK-NEXT: [[W:%.*]] = trt.cast([[A]]) : (tensor<4x4xf16>) -> tensor<4x4xf32>
// CHECK-NEXT: [[V:%.*]], [[I:%.*]] = trt.plugin([[W]]) {{.*}} -> (tensor<4x2xf32>, tensor<4x2xi32>)
// CHECK-NEXT: [[H:%.*]] = trt.cast([[V]]) : (tensor<4x2xf32>) -> tensor<4x2xf16>
// CHECK-NEXT: trt.matrix_multiply([[H]], [[H]])
func.func @main(%x: tensor<4x4xf32>) -> (tensor<2x2xf32>, tensor<4x2xi32>) {
  %0 = trt.matrix_multiply(%x, %x) {op_a = "none", op_b = "none"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1, %i = trt.plugin(%0) {plugin = "TopK", fields = {k = 2 : i64, axis = 1 : i64, mode = "max", sort = "value", index_type = "i32"}} : (tensor<4x4xf32>) -> (tensor<4x2xf32>, tensor<4x2xi32>)
  %2 = trt.matrix_multiply(%1, %1) {op_a = "transpose", op_b = "none"} : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<2x2xf32>
  func.return %2, %i : tensor<2x2xf32>, tensor<4x2xi32>
}
