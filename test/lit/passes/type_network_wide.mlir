// RUN: arhat-opt %s -p 'type-network{to=f16}' --split-input-file | filecheck %s
// RUN: arhat-opt %s -p 'type-network{to=bf16}' --split-input-file | filecheck %s --check-prefix=BF16

// A norm: squares, their sum and the quotient stay f32; the value that they are of is cast once, and what leads only to
// them is f32 too.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: [[X:%.*]] = trt.cast(%x) : (tensor<1x8x4xf32>) -> tensor<1x8x4xf16>
// CHECK-NEXT: [[Y:%.*]] = trt.matrix_multiply([[X]], [[X]]) {{.*}} -> tensor<1x8x8xf16>
// CHECK-NEXT: [[W:%.*]] = trt.cast([[Y]]) : (tensor<1x8x8xf16>) -> tensor<1x8x8xf32>
// CHECK-NEXT: [[A:%.*]] = trt.activation([[W]]) {kind = "relu"} : (tensor<1x8x8xf32>) -> tensor<1x8x8xf32>
// CHECK-NEXT: [[S:%.*]] = trt.element_wise([[A]], [[A]]) {op = "prod"} : {{.*}} -> tensor<1x8x8xf32>
// CHECK-NEXT: [[T:%.*]] = trt.reduce([[S]]) {{.*}} -> tensor<1x8x1xf32>
// CHECK-NEXT: [[R:%.*]] = trt.unary([[T]]) {op = "sqrt"} : (tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
// CHECK-NEXT: [[Q:%.*]] = trt.element_wise([[A]], [[R]]) {op = "div"} : {{.*}} -> tensor<1x8x8xf32>
// CHECK-NEXT: [[H:%.*]] = trt.cast([[Q]]) : (tensor<1x8x8xf32>) -> tensor<1x8x8xf16>
// CHECK-NEXT: [[Z:%.*]] = trt.matrix_multiply([[H]], [[H]]) {{.*}} -> tensor<1x8x8xf16>
// CHECK-NEXT: trt.cast([[Z]]) : (tensor<1x8x8xf16>) -> tensor<1x8x8xf32>
func.func @main(%x: tensor<1x8x4xf32>) -> tensor<1x8x8xf32> {
  %0 = trt.matrix_multiply(%x, %x) {op_a = "none", op_b = "transpose"} : (tensor<1x8x4xf32>, tensor<1x8x4xf32>) -> tensor<1x8x8xf32>
  %1 = trt.activation(%0) {kind = "relu"} : (tensor<1x8x8xf32>) -> tensor<1x8x8xf32>
  %2 = trt.element_wise(%1, %1) {op = "prod"} : (tensor<1x8x8xf32>, tensor<1x8x8xf32>) -> tensor<1x8x8xf32>
  %3 = trt.reduce(%2) {op = "sum", axes = [2], keep_dims = true} : (tensor<1x8x8xf32>) -> tensor<1x8x1xf32>
  %4 = trt.unary(%3) {op = "sqrt"} : (tensor<1x8x1xf32>) -> tensor<1x8x1xf32>
  %5 = trt.element_wise(%1, %4) {op = "div"} : (tensor<1x8x8xf32>, tensor<1x8x1xf32>) -> tensor<1x8x8xf32>
  %6 = trt.matrix_multiply(%5, %5) {op_a = "none", op_b = "none"} : (tensor<1x8x8xf32>, tensor<1x8x8xf32>) -> tensor<1x8x8xf32>
  func.return %6 : tensor<1x8x8xf32>
}

// -----

// A constant that f16 has not stays with its layer in f32; bf16 has it.
// CHECK-LABEL: func.func @main
// CHECK: [[C:%.*]] = trt.constant({{.*}} -> tensor<1x1xf32>
// CHECK-NEXT: [[A:%.*]] = trt.element_wise(%x, [[C]]) {op = "sum"} : {{.*}} -> tensor<4x4xf32>
// CHECK-NEXT: trt.cast([[A]])
// BF16-LABEL: func.func @main
// BF16-LABEL: func.func @main
// BF16: trt.element_wise({{.*}} -> tensor<4x4xbf16>
func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %c = arhat.constant() {value = dense<1.0e-12> : tensor<1x1xf32>} : () -> tensor<1x1xf32>
  %0 = trt.constant(%c) : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = trt.element_wise(%x, %0) {op = "sum"} : (tensor<4x4xf32>, tensor<1x1xf32>) -> tensor<4x4xf32>
  %2 = trt.matrix_multiply(%1, %1) {op_a = "none", op_b = "none"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return %2 : tensor<4x4xf32>
}

// -----

// A mean of many elements is f32, one of few is not. No builder was seen to take a deconvolution of bf16.
// CHECK-LABEL: func.func @main
// CHECK: trt.reduce({{.*}} -> tensor<1x1x64x80xf32>
// CHECK: trt.reduce({{.*}} -> tensor<1x1x64x1xf16>
// CHECK: trt.deconvolution({{.*}} -> tensor<1x1x65x2xf16>
// BF16-LABEL: func.func @main
// BF16: trt.deconvolution({{.*}} -> tensor<1x1x65x2xf32>
func.func @main(%x: tensor<8000x1x64x80xf32>) -> tensor<1x1x65x2xf32> {
  %w = arhat.constant() {value = dense<0.5> : tensor<1x1x2x2xf32>} : () -> tensor<1x1x2x2xf32>
  %0 = trt.reduce(%x) {op = "avg", axes = [0], keep_dims = true} : (tensor<8000x1x64x80xf32>) -> tensor<1x1x64x80xf32>
  %1 = trt.reduce(%0) {op = "avg", axes = [3], keep_dims = true} : (tensor<1x1x64x80xf32>) -> tensor<1x1x64x1xf32>
  %2 = trt.deconvolution(%1, %w) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1], groups = 1} : (tensor<1x1x64x1xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x65x2xf32>
  func.return %2 : tensor<1x1x65x2xf32>
}

// -----

// What moves results of 16 bits moves them as they are: one cast, after it. A value that is read as f32 too is cast once.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = trt.matrix_multiply({{.*}} -> tensor<4x4xf16>
// CHECK-NEXT: [[B:%.*]] = trt.matrix_multiply({{.*}} -> tensor<4x4xf16>
// CHECK-NEXT: [[C:%.*]] = trt.shuffle([[A]]) {{.*}} -> tensor<4x4xf16>
// CHECK-NEXT: [[D:%.*]] = trt.concatenation([[C]], [[B]]) {{.*}} -> tensor<8x4xf16>
// CHECK-NEXT: [[F:%.*]] = trt.matrix_multiply({{.*}} -> tensor<4x4xf16>
// CHECK-NEXT: [[G:%.*]] = trt.cast([[F]]) : (tensor<4x4xf16>) -> tensor<4x4xf32>
// CHECK-NEXT: [[H:%.*]] = trt.shuffle([[G]]) {{.*}} -> tensor<4x4xf32>
// CHECK-NEXT: [[I:%.*]] = trt.soft_max([[G]])
// CHECK-NEXT: [[E:%.*]] = trt.cast([[D]]) : (tensor<8x4xf16>) -> tensor<8x4xf32>
// CHECK-NEXT: func.return [[E]], [[H]], [[I]]
func.func @main(%x: tensor<4x4xf32>) -> (tensor<8x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = trt.matrix_multiply(%x, %x) {op_a = "none", op_b = "none"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = trt.matrix_multiply(%x, %0) {op_a = "none", op_b = "none"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = trt.shuffle(%0) {first_transpose = [1, 0]} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = trt.concatenation(%2, %1) {axis = 0} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %4 = trt.matrix_multiply(%0, %0) {op_a = "none", op_b = "none"} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %5 = trt.shuffle(%4) {first_transpose = [1, 0]} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %6 = trt.soft_max(%4) {axis = 1} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return %3, %5, %6 : tensor<8x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
