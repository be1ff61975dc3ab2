import { sizes } from '@waybill/core'
import { raw, type Sql, sql } from './sql.ts'

/**
 * The first of these rows, up to the one whose payload makes the page full: those behind it are not read, only the sizes
 * of their payloads. Each row begins with how many there were to choose from.
 * @param rows a query with a limit, with a column `payload`
 * @param order its order
 * @param columns what is wanted of it
 */
export function page(rows: Sql, order: string, columns: Sql): Sql {
  return sql`select found, ${columns} from (
      select *, count(*) over () as found,
        coalesce(sum(octet_length(payload)) over (order by ${raw(order)} rows between unbounded preceding and 1 preceding), 0)
          as bytes_before
      from (${rows}) one
    ) paged where bytes_before < ${sizes.pageBytesMax}::bigint order by ${raw(order)}`
}
