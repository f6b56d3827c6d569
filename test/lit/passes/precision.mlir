// RUN: arhat-opt %s -p precision | filecheck %s --check-prefixes=F32,PLAIN
// RUN: arhat-opt %s -p "precision{to=tf32}" | filecheck %s --check-prefixes=TF32,PLAIN
// RUN: arhat-opt %s -p "precision{to=f16}" | filecheck %s --check-prefixes=F16
// RUN: arhat-opt %s -p "precision{to=bf16 keep=second}" | filecheck %s --check-prefixes=KEPT
// RUN: not arhat-opt %s -p "precision{to=f16 keep=third}" 2>&1 | filecheck %s --check-prefixes=UNKNOWN
// RUN: not arhat-opt %s -p "precision{to=f64}" 2>&1 | filecheck %s --check-prefixes=WRONG

// Tensor cores for f32 only where tf32 is asked for; 16 bits change types.
// F32: attributes {cudnn.math = "strict"}
// TF32: attributes {cudnn.math = "tf32"}
// PLAIN-NOT: arhat.convert
// F16: attributes {cudnn.math = "strict"}
// F16: arhat.matmul({{.*}} -> tensor<1x4xf16>
// F16: arhat.matmul({{.*}} -> tensor<1x5xf16>
// KEPT: arhat.matmul({{.*}} -> tensor<1x4xbf16>
// KEPT: arhat.matmul({{.*}} -> tensor<1x5xf32>
// UNKNOWN: error: {{.*}}keep layer 'third' in f32, but the model has none
// WRONG: error: {{.*}}f64
func.func @main(%x: tensor<1x8xf32>, %w: tensor<8x4xf32>, %v: tensor<4x5xf32>) -> tensor<1x5xf32> {
  %0 = arhat.matmul(%x, %w) {transpose_a = false, transpose_b = false, arhat.layers = [#arhat.layer<"first", 1>]} : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
  %1 = arhat.matmul(%0, %v) {transpose_a = false, transpose_b = false, arhat.layers = [#arhat.layer<"second", 2>]} : (tensor<1x4xf32>, tensor<4x5xf32>) -> tensor<1x5xf32>
  func.return %1 : tensor<1x5xf32>
}
