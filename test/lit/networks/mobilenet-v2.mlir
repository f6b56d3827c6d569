// A whole network at every stage. Inputs/mobilenet-v2.mlir is MobileNetV2 1.0 224 as imported; its weights stand in a
// file that the second line makes, every float in it is 1.

// RUN: python -c "open(r'%t.bin', 'wb').write(b'\0\0\x80\x3f' * 3489119)"
// RUN: arhat-opt %S/Inputs/mobilenet-v2.mlir --weights model=%t.bin | filecheck %s --check-prefix=IMPORTED
// RUN: arhat-opt %S/Inputs/mobilenet-v2.mlir --weights model=%t.bin -p optimize -o %t.optimized.mlir
// RUN: arhat-opt %t.optimized.mlir | filecheck %s --check-prefix=OPTIMIZED
// RUN: arhat-opt %t.optimized.mlir -p cpu-lower -o %t.lowered.mlir
// RUN: arhat-opt %t.lowered.mlir | filecheck %s --check-prefix=LOWERED
// RUN: arhat-opt %t.lowered.mlir -p cpu-plan -o %t.planned.mlir
// RUN: arhat-opt %t.planned.mlir | filecheck %s --check-prefix=PLANNED
// RUN: arhat-translate --emit-cpp %t.planned.mlir -o %t.out
// RUN: cat %t.out/model.cpp | filecheck %s --check-prefix=EMITTED

// One op per layer of the model, with the layer's name and line.
// IMPORTED-LABEL: func.func @main(%0: tensor<1x3x224x224xf32> {arhat.name = "input"})
// IMPORTED: arhat.convolution(%{{.*}}) {{.*}}arhat.layers = [#arhat.layer<"MobilenetV2/Conv/Conv2D", 96>]
// IMPORTED: arhat.add({{.*}}arhat.layers = [#arhat.layer<"MobilenetV2/Conv/BatchNorm/FusedBatchNorm/Add", 132>]
// IMPORTED: arhat.clamp({{.*}} {min = 0.0, max = 6.0, arhat.layers = [#arhat.layer<"MobilenetV2/Conv/Relu6", 156>]
// IMPORTED: arhat.transpose

// Each convolution has taken in its bias, its activation and the sum of a residual block.
// OPTIMIZED-LABEL: func.func @main
// OPTIMIZED: arhat.convolution({{.*}}, bias = {{.*}}activation = #arhat.activation<clamp, 0.0, 6.0>, arhat.layers = [#arhat.layer<"MobilenetV2/Conv/Conv2D", 96>, {{.*}}#arhat.layer<"MobilenetV2/Conv/Relu6", 156>]
// OPTIMIZED-COUNT-10: arhat.convolution({{.*}}, residual = {{.*}}#arhat.layer<"MobilenetV2/expanded_conv_{{[0-9]+}}/add"
// OPTIMIZED-NOT: residual
// OPTIMIZED-NOT: arhat.clamp
// OPTIMIZED: arhat.softmax

// What the platform is asked to do: no op of the model level is left but constants.
// LOWERED-LABEL: func.func @main
// LOWERED-NOT: = arhat.{{[abd-z]}}
// LOWERED: kernel.elementwise
// LOWERED: cpu.conv({{.*}}algorithm = "direct"{{.*}}#arhat.layer<"MobilenetV2/Conv/Relu6", 156>
// LOWERED: cpu.conv({{.*}}groups = 32, kernel = [3, 3],{{.*}}algorithm = "depthwise"
// LOWERED-NOT: = arhat.{{[abd-z]}}
// LOWERED: kernel.softmax

// Every value has its place in one block of memory.
// PLANNED-LABEL: func.func @main
// PLANNED-SAME: kernel.arena_bytes =
// PLANNED-COUNT-53: cpu.conv({{.*}}kernel.buffers = [#kernel.buffer<arena, {{[0-9]+}}>]
// PLANNED: kernel.softmax({{.*}}kernel.buffers = [#kernel.buffer<output 0, 0>]

// One function per op, in order, each with its layers' names.
// EMITTED-LABEL: // 0: kernel.elementwise -> 1 x 3 x 224 x 224
// EMITTED-NEXT: // {{ *}}layers: 'Mul_/Fused_Mul_', 'Add_/Fused_Add_'
// EMITTED-NEXT: void op_0(const Frame& f) {
// EMITTED: // 2: cpu.conv {{.*}}-> 1 x 32 x 112 x 112
// EMITTED-NEXT: // {{ *}}layers: 'MobilenetV2/Conv/Conv2D', 'MobilenetV2/Conv/BatchNorm/FusedBatchNorm/Add', 'MobilenetV2/Conv/Relu6'
// EMITTED: void op_2(const Frame& f) {
// EMITTED: kernel.softmax
