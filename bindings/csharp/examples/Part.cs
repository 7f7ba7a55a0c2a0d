// The ten lines of the README: a part is written into one file and read again.

using System;
using DataStorage;

internal static class Part
{
    private static void Main()
    {
        using (var store = Store.OpenZarr("part.zarr", new Options { ["mode"] = "w" }))
        {
            store.Save("face_areas", new[] { 1.5f, 2.3f, 4.1f });
            store.Save("face_normals", new[,] { { 0f, 0f, 1f }, { 0f, 1f, 0f }, { 1f, 0f, 0f } });
            store.SaveStrings("face_names", new[] { "top", "side", "bottom" });
            store.SaveMetadata("processing/duration", 12.5);
            store.Compress(); // writes part.zarr.data
        }
        using (var store = Store.OpenZarr("part.zarr"))
        {
            Console.WriteLine(string.Join(" ", store.Load<float>("face_areas")) + ", " + store.LoadMetadata<double>("processing/duration"));
        }
    }
}
