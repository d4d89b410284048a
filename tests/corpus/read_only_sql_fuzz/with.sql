WITH x AS (SELECT $t$ file( $t$ AS y) /* a /* b */ c */ SELECT "y" FROM x # x
