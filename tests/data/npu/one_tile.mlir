// one_tile, for mlir-aie 979629649 (2026-04-23), MLIR 22
module {
  aie.device(npu1_1col) {
    %tile_0_0 = aie.tile(0, 0)
    %tile_0_1 = aie.tile(0, 1)
    %tile_0_2 = aie.tile(0, 2)
    aie.objectfifo @a_in(%tile_0_0, {%tile_0_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xbf16>>
    aie.objectfifo @a_core(%tile_0_1 dimensionsToStream [<size = 16, stride = 256>, <size = 8, stride = 8>, <size = 4, stride = 64>, <size = 8, stride = 1>], {%tile_0_2}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<4096xbf16>>
    aie.objectfifo @b_in(%tile_0_0, {%tile_0_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<2048xbf16>>
    aie.objectfifo @b_core(%tile_0_1 dimensionsToStream [<size = 8, stride = 256>, <size = 8, stride = 4>, <size = 8, stride = 32>, <size = 4, stride = 1>], {%tile_0_2}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<2048xbf16>>
    aie.objectfifo @c_core(%tile_0_2, {%tile_0_1}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<2048xf32>>
    aie.objectfifo @c_out(%tile_0_1 dimensionsToStream [<size = 16, stride = 128>, <size = 4, stride = 4>, <size = 8, stride = 16>, <size = 4, stride = 1>], {%tile_0_0}, [2 : i32, 2 : i32]) : !aie.objectfifo<memref<2048xf32>>
    aie.objectfifo.link [@a_in] -> [@a_core] ([] [])
    aie.objectfifo.link [@b_in] -> [@b_core] ([] [])
    aie.objectfifo.link [@c_core] -> [@c_out] ([] [])
    func.func private @zero(memref<2048xf32>) attributes {link_with = "zero_code.o"}
    func.func private @matmul(memref<4096xbf16>, memref<2048xbf16>, memref<2048xf32>) attributes {link_with = "matmul_code.o"}
    %core_0_2 = aie.core(%tile_0_2) {
      %c_for_ever = arith.constant 9223372036854775800 : index
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      scf.for %i0 = %c0 to %c_for_ever step %c1 {
        %view0 = aie.objectfifo.acquire @c_core(Produce, 1) : !aie.objectfifosubview<memref<2048xf32>>
        %object0 = aie.objectfifo.subview.access %view0[0] : !aie.objectfifosubview<memref<2048xf32>> -> memref<2048xf32>
        func.call @zero(%object0) : (memref<2048xf32>) -> ()
        scf.for %i1 = %c0 to %c2 step %c1 {
          %view1 = aie.objectfifo.acquire @a_core(Consume, 1) : !aie.objectfifosubview<memref<4096xbf16>>
          %object1 = aie.objectfifo.subview.access %view1[0] : !aie.objectfifosubview<memref<4096xbf16>> -> memref<4096xbf16>
          %view2 = aie.objectfifo.acquire @b_core(Consume, 1) : !aie.objectfifosubview<memref<2048xbf16>>
          %object2 = aie.objectfifo.subview.access %view2[0] : !aie.objectfifosubview<memref<2048xbf16>> -> memref<2048xbf16>
          func.call @matmul(%object1, %object2, %object0) : (memref<4096xbf16>, memref<2048xbf16>, memref<2048xf32>) -> ()
          aie.objectfifo.release @a_core(Consume, 1)
          aie.objectfifo.release @b_core(Consume, 1)
        }
        aie.objectfifo.release @c_core(Produce, 1)
      }
      aie.end
    } {stack_size = 3328 : i32}
    aie.runtime_sequence @sequence(%host_a: memref<16384xbf16>, %host_b: memref<8192xbf16>, %host_c: memref<8192xf32>) {
      %task0 = aiex.dma_configure_task_for @a_in {
        aie.dma_bd(%host_a : memref<16384xbf16>, 0, 8192, [<size = 2, stride = 0>, <size = 2, stride = 64>, <size = 64, stride = 128>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 1 : i32}
      aiex.dma_start_task(%task0)
      %task1 = aiex.dma_configure_task_for @b_in {
        aie.dma_bd(%host_b : memref<8192xbf16>, 0, 4096, [<size = 2, stride = 32>, <size = 2, stride = 4096>, <size = 64, stride = 64>, <size = 32, stride = 1>])
        aie.end
      } {repeat_count = 1 : i32}
      aiex.dma_start_task(%task1)
      %task2 = aiex.dma_configure_task_for @c_out {
        aie.dma_bd(%host_c : memref<8192xf32>, 0, 4096, [<size = 1, stride = 0>, <size = 2, stride = 32>, <size = 64, stride = 64>, <size = 32, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task2)
      %task3 = aiex.dma_configure_task_for @a_in {
        aie.dma_bd(%host_a : memref<16384xbf16>, 8192, 8192, [<size = 2, stride = 0>, <size = 2, stride = 64>, <size = 64, stride = 128>, <size = 64, stride = 1>])
        aie.end
      } {repeat_count = 1 : i32}
      aiex.dma_start_task(%task3)
      %task4 = aiex.dma_configure_task_for @b_in {
        aie.dma_bd(%host_b : memref<8192xbf16>, 0, 4096, [<size = 2, stride = 32>, <size = 2, stride = 4096>, <size = 64, stride = 64>, <size = 32, stride = 1>])
        aie.end
      } {repeat_count = 1 : i32}
      aiex.dma_start_task(%task4)
      %task5 = aiex.dma_configure_task_for @c_out {
        aie.dma_bd(%host_c : memref<8192xf32>, 4096, 4096, [<size = 1, stride = 0>, <size = 2, stride = 32>, <size = 64, stride = 64>, <size = 32, stride = 1>])
        aie.end
      } {issue_token = true, repeat_count = 0 : i32}
      aiex.dma_start_task(%task5)
      aiex.dma_await_task(%task2)
      aiex.dma_await_task(%task5)
    }
  }
}
