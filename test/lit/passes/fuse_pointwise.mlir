// RUN: arhat-opt %s -p fuse-pointwise | filecheck %s
// RUN: arhat-opt %s -p fuse-pointwise,fuse-elementwise | filecheck %s --check-prefix FUSED

// Operands of 16 bits and integers are computed with in f32; a constant of one element goes inside.
// CHECK-LABEL: func.func @main
// CHECK: [[A:%.*]] = kernel.elementwise(%x, %b) attributes {arhat.layers = [#arhat.layer<"mul", 1>]} {
// CHECK-NEXT: ^bb0([[X:%.*]]: i32, [[B:%.*]]: bf16):
// CHECK-NEXT:   [[XF:%.*]] = arith.sitofp [[X]] : i32 to f32
// CHECK-NEXT:   [[BF:%.*]] = arith.extf [[B]] : bf16 to f32
// CHECK-NEXT:   [[M:%.*]] = arith.mulf [[XF]], [[BF]] : f32
// CHECK-NEXT:   kernel.yield [[M]] : f32
// CHECK-NEXT: } : (tensor<1x2x3x3xi32, #kernel.nhwc<2>>, tensor<1x2x1x1xbf16>) -> tensor<1x2x3x3xf32, #kernel.nhwc<2>>
// CHECK-NEXT: [[C:%.*]] = kernel.elementwise([[A]])
// CHECK-NEXT: ^bb0([[Y:%.*]]: f32):
// CHECK-NEXT:   [[H:%.*]] = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:   [[D:%.*]] = arith.divf [[Y]], [[H]] : f32
// To i8 it rounds halves to even and saturates.
// CHECK-NEXT:   [[R:%.*]] = math.roundeven [[D]] : f32
// CHECK-NEXT:   [[L:%.*]] = arith.constant -1.280000e+02 : f32
// CHECK-NEXT:   [[S:%.*]] = arith.maximumf [[R]], [[L]] : f32
// CHECK-NEXT:   [[U:%.*]] = arith.constant 1.270000e+02 : f32
// CHECK-NEXT:   [[T:%.*]] = arith.minimumf [[S]], [[U]] : f32
// CHECK-NEXT:   [[I:%.*]] = arith.fptosi [[T]] : f32 to i8
// CHECK-NEXT:   kernel.yield [[I]] : i8
// CHECK-NEXT: }
// A leaky ReLU, and a value used twice.
// CHECK-NEXT: kernel.elementwise([[C]])
// CHECK-NEXT: ^bb0([[Z:%.*]]: i8):
// CHECK-NEXT:   [[ZF:%.*]] = arith.sitofp [[Z]] : i8 to f32
// CHECK:        arith.cmpf ogt, [[ZF]]
// CHECK:        arith.select
// CHECK: [[V:%.*]] = kernel.elementwise({{%[0-9]*}})
// CHECK-NEXT: ^bb0([[W:%.*]]: f32):
// CHECK-NEXT:   arith.addf [[W]], [[W]] : f32

// Kernels that follow each other become one, up to where values are rounded to levels.
// FUSED-LABEL: func.func @main
// FUSED: kernel.elementwise(%x, %b)
// FUSED: kernel.elementwise
// FUSED-NOT: kernel.elementwise
// FUSED: func.return
func.func @main(%x: tensor<1x2x3x3xi32, #kernel.nhwc<2>>, %b: tensor<1x2x1x1xbf16>) -> tensor<1x2x3x3xf32, #kernel.nhwc<2>> {
  %c = arhat.constant() {value = dense<5.000000e-01> : tensor<1x1x1x1xf32>} : () -> tensor<1x1x1x1xf32>
  %0 = cudnn.pointwise(%x, b = %b) {mode = "mul", arhat.layers = [#arhat.layer<"mul", 1>]} : (tensor<1x2x3x3xi32, #kernel.nhwc<2>>, tensor<1x2x1x1xbf16>) -> tensor<1x2x3x3xf32, #kernel.nhwc<2>>
  %1 = cudnn.pointwise(%0, b = %c) {mode = "div"} : (tensor<1x2x3x3xf32, #kernel.nhwc<2>>, tensor<1x1x1x1xf32>) -> tensor<1x2x3x3xi8, #kernel.nhwc<2>>
  %2 = cudnn.pointwise(%1) {mode = "relu_fwd", lower_clip_slope = 0.1} : (tensor<1x2x3x3xi8, #kernel.nhwc<2>>) -> tensor<1x2x3x3xf32, #kernel.nhwc<2>>
  %3 = cudnn.pointwise(%2, b = %2) {mode = "add"} : (tensor<1x2x3x3xf32, #kernel.nhwc<2>>, tensor<1x2x3x3xf32, #kernel.nhwc<2>>) -> tensor<1x2x3x3xf32, #kernel.nhwc<2>>
  func.return %3 : tensor<1x2x3x3xf32, #kernel.nhwc<2>>
}
