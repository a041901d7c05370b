// both_ends, for mlir-aie 979629649 (2026-04-23), MLIR 22
module {
  aie.device(npu1_1col) {
    %tile_0_0 = aie.tile(0, 0)
    %tile_0_2 = aie.tile(0, 2)
    %tile_0_4 = aie.tile(0, 4)
    aie.objectfifo @x(%tile_0_0, {%tile_0_2}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<1024xi32>>
    aie.objectfifo @turned(%tile_0_2 dimensionsToStream [<size = 64, stride = 1>, <size = 16, stride = 64>], {%tile_0_4 dimensionsFromStream [<size = 8, stride = 8>, <size = 16, stride = 64>, <size = 8, stride = 1>]}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<1024xi32>>
    aie.objectfifo @y(%tile_0_4, {%tile_0_0}, [1 : i32, 2 : i32]) : !aie.objectfifo<memref<1024xi32>>
    func.func private @copy(memref<1024xi32>, memref<1024xi32>) attributes {link_with = "copy_code.o"}
    %core_0_2 = aie.core(%tile_0_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @x(Consume, 1) : !aie.objectfifosubview<memref<1024xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<1024xi32>> -> memref<1024xi32>
        %view1 = aie.objectfifo.acquire @turned(Produce, 1) : !aie.objectfifosubview<memref<1024xi32>>
        %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<1024xi32>> -> memref<1024xi32>
        func.call @copy(%object0, %object1) : (memref<1024xi32>, memref<1024xi32>) -> ()
        aie.objectfifo.release @x(Consume, 1)
        aie.objectfifo.release @turned(Produce, 1)
      }
      aie.end
    } {stack_size = 1024 : i32}
    %core_0_4 = aie.core(%tile_0_4) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @turned(Consume, 1) : !aie.objectfifosubview<memref<1024xi32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<1024xi32>> -> memref<1024xi32>
        %view1 = aie.objectfifo.acquire @y(Produce, 1) : !aie.objectfifosubview<memref<1024xi32>>
        %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<1024xi32>> -> memref<1024xi32>
        func.call @copy(%object0, %object1) : (memref<1024xi32>, memref<1024xi32>) -> ()
        aie.objectfifo.release @turned(Consume, 1)
        aie.objectfifo.release @y(Produce, 1)
      }
      aie.end
    } {stack_size = 1024 : i32}
    aie.runtime_sequence @sequence(%host_from: memref<1024xi32>, %host_to: memref<3072xi32>) {
      %task0 = aiex.dma_configure_task_for @x {
        aie.dma_bd(%host_from : memref<1024xi32>, 0, 1024, [<size = 3, stride = 0>, <size = 1, stride = 0>, <size = 16, stride = 64>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 2 : i32}
      aiex.dma_start_task(%task0)
      %task1 = aiex.dma_configure_task_for @y {
        aie.dma_bd(%host_to : memref<3072xi32>, 0, 3072, [<size = 1, stride = 0>, <size = 1, stride = 0>, <size = 1, stride = 0>, <size = 3072, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task1)
      aiex.dma_await_task(%task1)
    }
  }
}
